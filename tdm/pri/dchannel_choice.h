#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/log.h"
#include "base/reactor.h"

namespace sg::tdm::pri {

// Which D-channel of an interface has the messages: its only one, or with NFAS the primary (0) or its backup (1); and
// whether the interface is up by it. Layer 2 runs on both all the time.
// Owned by an Interface; signalling thread only.
class DChannelChoice {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Before the calls move: what is still to be told of them there. It may choose otherwise meanwhile.
    virtual void on_leaving(size_t from) = 0;
    // `is_lost`: what was on its way there does not arrive.
    virtual void on_changed_over(size_t from, size_t to, bool is_lost) = 0;
    virtual void on_interface_up() = 0;
    virtual void on_interface_down() = 0;
  };

  // `spans`: of each D-channel, the primary's first.
  DChannelChoice(const std::vector<uint16_t>& spans, Reactor& reactor, Listener& listener);

  size_t size() const { return members_.size(); }
  uint16_t span_of(size_t index) const { return members_[index].span; }
  size_t active() const { return active_; }
  bool is_interface_up() const { return is_interface_up_; }
  // As far as both ends can tell: libpri, and what the far end sends.
  bool is_up(size_t index) const { return members_[index].is_up && !members_[index].is_one_way; }
  // Layer 2 is up, and its span clean: layer 2 is slower than the alarm to notice that nothing passes.
  bool is_usable(size_t index) const { return is_up(index) && !members_[index].is_in_alarm; }
  // The interface is up, and nothing is known to keep messages from passing.
  bool is_heard() const { return is_interface_up_ && is_usable(active_); }

  // Layer 2.
  void set_up(size_t index, bool is_up);
  // The far end does not hear us there.
  void set_one_way(size_t index, bool is_one_way);
  void set_in_alarm(uint16_t span, bool is_in_alarm);
  // The far end wants this one, if it is usable.
  void follow(size_t index);

 private:
  struct Member {
    uint16_t span = 0;
    bool is_up = false;
    bool is_one_way = false;
    bool is_in_alarm = false;
  };

  // Which should be the active one now. The one that is stays so while it works, also when the primary is back.
  size_t best() const;
  void choose();
  void change_over(size_t to);

  std::vector<Member> members_;
  size_t active_ = 0;
  bool is_interface_up_ = false;
  bool was_interface_up_ = false;  // at some time
  bool has_waited_ = false;        // for the primary
  Listener& listener_;
  Timer wait_;
};

}  // namespace sg::tdm::pri
