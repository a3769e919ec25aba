#pragma once

#include <chrono>

#include "base/log.h"
#include "base/reactor.h"
#include "gateway/call/media_mode.h"
#include "gateway/call/record.h"
#include "media/service.h"

namespace sg::call {

// What a call does when a fax is heard in it: writes it down in its record, has its legs go over to T.38, and ends a
// call that nobody hangs up after the machines' goodbye. Decides only: what it decides is done by its Actions.
// Owned by its Call; signalling thread only.
class FaxWatch {
 public:
  class Actions {
   public:
    virtual ~Actions() = default;
    // Both legs, the one beside the machine that was heard on this side, and the one across from it. Those that carry
    // no IP need not be told.
    virtual void tell_both(MediaMode::Sign sign) = 0;
    virtual void tell_near(media::Side side, MediaMode::Sign sign) = 0;
    virtual void tell_far(media::Side side, MediaMode::Sign sign) = 0;
    // The media has to be treated as modems need it.
    virtual void carry_as_fax() = 0;
    virtual void end_after_goodbye() = 0;
  };
  struct Options {
    // After the machines' goodbye (DCN) a call that nobody hangs up is ended. Zero: never.
    Duration clear_after_goodbye{};
  };
  // `record` outlives it.
  FaxWatch(const Options& options, Reactor& reactor, Log log, Record& record, Actions& actions);

  // It is known to be a fax, before anything is heard of one.
  void expect_fax() { is_expected_ = true; }
  void on_tone(const media::ToneHeard& heard);
  // `is_answered`: the call stands; before and after that a goodbye ends nothing.
  void on_seen(const media::FaxSeen& seen, bool is_answered);
  void on_impairment(const media::MediaImpairment& impairment) { record_.fax_log.on_impairment(age(), impairment); }
  void on_redundancy(const media::RedundancyRaised& raised) { record_.fax_log.on_redundancy(age(), raised); }
  void on_line(media::Side side, const tdm::LineFault& line) { record_.fax_log.on_line(age(), side, line); }
  void on_mode(media::Side side, const ModeChange& change);
  // The call is being cleared: from here on it writes down only.
  void stop() { goodbye_timer_.cancel(); }

 private:
  std::chrono::milliseconds age() const;
  void begin();
  void on_answer_tone(media::Side side, MediaMode::Sign sign);
  void watch_goodbye(const t38::FaxEvent& event);

  const Options options_;
  Reactor& reactor_;
  const Log log_;
  const TimePoint began_;
  Record& record_;
  Actions& actions_;
  bool is_expected_ = false;
  bool is_cng_heard_ = false;
  Timer goodbye_timer_;
};

}  // namespace sg::call
