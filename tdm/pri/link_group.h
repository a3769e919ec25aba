#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tdm/pri/link.h"

namespace sg::tdm::pri {

// libpri's end of the D-channels of one interface: one, or with NFAS a primary and its backup. Layer 2 runs on both all
// the time; libpri keeps the calls of both in one pool.
// Owned by an Interface; signalling thread only.
class LinkGroup {
 public:
  // One DChannel for each of config's: the primary first.
  LinkGroup(const Config& config, std::vector<std::unique_ptr<DChannel>> dchannels, Counters& counters);

  size_t size() const { return links_.size(); }
  Link& operator[](size_t index) { return *links_[index]; }
  const Link& operator[](size_t index) const { return *links_[index]; }

  // As Link has them; the calls are common to all.
  bool exists(q931_call* call) const { return links_.front()->exists(call); }
  int call_reference(q931_call* call) const { return links_.front()->call_reference(call); }
  void announce_on_disconnect(int call_reference);
  void forget_announcement(int call_reference);
  std::optional<Duration> until_next_timer() const;
  DChannelStats stats() const;

 private:
  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace sg::tdm::pri
