#include "gateway/call/fax_watch.h"

namespace sg::call {

FaxWatch::FaxWatch(const Options& options, Reactor& reactor, Log log, Record& record, Actions& actions)
    : options_(options),
      reactor_(reactor),
      log_(std::move(log)),
      began_(reactor.now()),
      record_(record),
      actions_(actions),
      goodbye_timer_(reactor) {}

std::chrono::milliseconds FaxWatch::age() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(reactor_.now() - began_);
}

void FaxWatch::begin() {
  record_.fax = true;
  actions_.carry_as_fax();
}

void FaxWatch::on_tone(const media::ToneHeard& heard) {
  log_.info("fax tone={} side={}", fax::name_of(heard.tone), name_of(heard.side));
  record_.fax_log.on_tone(age(), heard.side, heard.tone);
  begin();
  switch (heard.tone) {
    case media::HeardTone::Cng:
      is_cng_heard_ = true;
      return actions_.tell_both(MediaMode::Sign::Cng);
    case media::HeardTone::Ced:
      return on_answer_tone(heard.side, MediaMode::Sign::Ced);
    case media::HeardTone::AnsAm:
      // Without CNG it may be a data modem, which T.38 would cut off.
      if (is_cng_heard_ || is_expected_) on_answer_tone(heard.side, MediaMode::Sign::SuperG3);
      return;
    case media::HeardTone::V21Preamble:
      return on_answer_tone(heard.side, MediaMode::Sign::Preamble);
  }
}

// The answering machine was heard. Its own peer should ask for T.38 first; the leg on the other side is asked by us.
void FaxWatch::on_answer_tone(media::Side side, MediaMode::Sign sign) {
  actions_.tell_near(side, sign);
  actions_.tell_far(side, sign);
}

void FaxWatch::on_mode(media::Side side, const ModeChange& change) {
  if (change.mode == MediaModeState::Audio) return;
  record_.fax_log.on_mode(age(), side, name_of(change.mode), name_of(change.reason, change.refused_with));
  begin();
  // One leg speaks T.38, so it is a fax: an IP leg on the other side need not be heard first, and cannot be any more.
  if (change.mode == MediaModeState::T38) actions_.tell_far(side, MediaMode::Sign::Preamble);
}

void FaxWatch::on_seen(const media::FaxSeen& seen, bool is_answered) {
  log_.debug("fax from={} in={} {}", seen.from == media::Side::A ? "caller" : "called", seen.in_audio ? "g711" : "t38",
             t38::describe(seen.event));
  record_.fax_log.on_seen(age(), seen);
  if (is_answered) watch_goodbye(seen.event);
}

// T.30 clause 5.3.6.1.9: DCN begins the clearing of the call, which takes no answer.
void FaxWatch::watch_goodbye(const t38::FaxEvent& event) {
  if (event.kind != t38::FaxEvent::Kind::Frame) return;
  if (event.code.kind != t38::fcf::kDcn) return goodbye_timer_.cancel();
  if (options_.clear_after_goodbye == Duration::zero() || goodbye_timer_.is_armed()) return;
  goodbye_timer_.arm(options_.clear_after_goodbye, [this] {
    log_.info("the fax is over and nobody hangs up");
    actions_.end_after_goodbye();
  });
}

}  // namespace sg::call
