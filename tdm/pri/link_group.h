#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tdm/pri/link.h"

namespace sg::tdm::pri {

// The D-channels of one interface: one, or with NFAS a primary and its backup, and which of them has the messages of
// the calls. Layer 2 runs on both all the time; libpri keeps the calls of both in one pool.
// Owned by an Interface; signalling thread only.
class LinkGroup {
 public:
  // One DChannel for each of config's: the primary first.
  LinkGroup(const Config& config, std::vector<std::unique_ptr<DChannel>> dchannels, Counters& counters);

  size_t size() const { return members_.size(); }
  Link& operator[](size_t index) { return *members_[index].link; }
  const Link& operator[](size_t index) const { return *members_[index].link; }
  uint16_t span_of(size_t index) const { return members_[index].span; }

  size_t active_index() const { return active_; }
  Link& active() { return *members_[active_].link; }
  void activate(size_t index) { active_ = index; }

  void set_up(size_t index, bool up) { members_[index].is_up = up; }
  void set_in_alarm(uint16_t span, bool in_alarm);
  // As far as both ends can tell: libpri, and what the far end sends.
  bool is_up(size_t index) const { return members_[index].is_up && !members_[index].link->is_one_way(); }
  // Layer 2 is up, and its span clean: layer 2 is slower than the alarm to notice that nothing passes.
  bool is_usable(size_t index) const { return is_up(index) && !members_[index].in_alarm; }
  // Which should be the active one now. The one that is stays so while it works, also when the primary is back.
  size_t best() const;

  // As Link has them; the calls are common to all.
  bool exists(q931_call* call) const { return members_.front().link->exists(call); }
  int call_reference(q931_call* call) const { return members_.front().link->call_reference(call); }
  void announce_on_disconnect(int call_reference);
  void forget_announcement(int call_reference);
  std::optional<Duration> until_next_timer() const;
  DChannelStats stats() const;

 private:
  struct Member {
    std::unique_ptr<Link> link;
    uint16_t span = 0;
    bool is_up = false;
    bool in_alarm = false;
  };
  std::vector<Member> members_;
  size_t active_ = 0;
};

}  // namespace sg::tdm::pri
