#include "media/session.h"

namespace sg::media {
namespace {

// RTCP, time-outs: nothing that hurries.
constexpr Duration kLookAfterEvery = 300ms;
// A timeslot that gave no tick for this long has stopped.
constexpr Duration kStalled = 200ms;
// A session whose sides have been silent for as long needs no ticks.
constexpr Duration kRestAfter = 1s;
// RFC 4733 2.5.2.3 and Q.24: long enough for every receiver.
constexpr std::chrono::milliseconds kDigitLength{100};

}  // namespace

Session::Session(SessionId id, SessionContext& context)
    : id_(id),
      context_(context),
      sides_(id, context),
      fax_(context.config, context.counters.ifp_refused, *this),
      detection_(sides_),
      scratch_(context.config.block_octets),
      now_(context_.clock.now()),
      line_(now_),
      next_look_(now_ + kLookAfterEvery) {}

Session::~Session() = default;

// Commands.

void Session::set_bridging(Bridging bridging) {
  if (bridging == Bridging::Conference && bridging_ != bridging) {
    sides_[Side::C];
    if (!conference_) conference_ = std::make_unique<Conference>(context_.config.block_octets);
    conference_->restart();
  }
  bridging_ = bridging;
}

void Session::use_rtp(Side which, const RtpSettings& settings) {
  owner_.check();
  SessionSide& side = sides_[which];
  if (!side.has_ports()) return;
  end_t38(side);
  side.use_rtp(settings, profile());
}

// T.38 is between two. A session refresh repeats what stands, or tells it in other words, or a peer moves in mid-page:
// a fax must not notice it.
void Session::use_t38(Side which, const T38Settings& settings) {
  owner_.check();
  SessionSide& side = sides_[which];
  if (!side.has_ports() || which == Side::C) return;
  if (T38Endpoint* t38 = side.t38()) {
    if (t38->settings() == settings) return;
    t38->change(settings);
    return fax_.change_t38(which, t38->settings());
  }
  side.use_t38(settings, fax_.entry(which), line_);
  fax_.begin_t38(which, *side.t38(), settings);
  detection_.note_fax();
}

void Session::end_t38(SessionSide& side) {
  if (!side.t38()) return;
  hear_last_words();
  fax_.end_t38(side.which());
  side.end_t38();
}

void Session::hear_last_words() {
  owner_.check();
  sides_.for_each([this](SessionSide& side) {
    if (side.t38()) side.drain([&](char digit) { on_digit(side, digit); });
  });
}

void Session::give_bearer(Side which, tdm::Timeslot slot, std::unique_ptr<tdm::Bearer> bearer,
                          const tdm::ToneZone* busy_tones) {
  owner_.check();
  SessionSide& side = sides_[which];
  end_t38(side);
  side.give_bearer(slot, std::move(bearer), busy_tones, profile());
  detection_.choose_echo_cancelling();
  // One block ahead of the line, so that a worker that wakes a little late does not leave it without.
  scratch_.set_silence(side.law());
  side.say(scratch_);
}

tdm::Bearer* Session::bearer(Side which) const {
  const SessionSide* side = sides_.find(which);
  return side && side->bearer() ? &side->bearer()->bearer() : nullptr;
}

tdm::Timeslot Session::timeslot(Side which) const {
  return bearer(which) ? sides_.find(which)->bearer()->slot() : tdm::Timeslot{};
}

bool Session::bearer_has_failed(Side which) const {
  return bearer(which) && sides_.find(which)->bearer()->has_failed();
}

void Session::set_profile(Profile profile) {
  if (profile == Profile::Fax) {
    fax_.begin_to_listen();
    if (detection_.profile() != profile) sides_.for_each([](SessionSide& side) { side.begin_fax(); });
  }
  detection_.set_profile(profile);
}

void Session::send_digit(Side side, char digit, std::chrono::milliseconds length) {
  if (profile() != Profile::Data) sides_[side].send_digit(digit, length);
}

SessionStats Session::stats() const {
  owner_.check();
  SessionStats all;
  for (Side which : kSides) {
    if (const SessionSide* side = sides_.find(which)) all.side[static_cast<size_t>(which)] = side->stats();
  }
  for (Side which : {Side::A, Side::B}) all.side[static_cast<size_t>(which)].udptl.refused = fax_.refused(which);
  all.fax = fax_.stats();
  return all;
}

// Ticks.

void Session::tick(TimePoint now) {
  owner_.check();
  now_ = now;
  SessionSide& a = sides_[Side::A];
  SessionSide& b = sides_[Side::B];
  drain();
  if (bridging_ == Bridging::Conference) {
    run_conference();
  } else if (a.bearer() && b.bearer()) {
    run_between_bearers(a);
    run_between_bearers(b);
  } else if (a.bearer() || b.bearer()) {
    run_on_bearer(a.bearer() ? a : b);
  }
  look_after(now);
}

void Session::tick_on_timer(TimePoint now, uint64_t blocks) {
  owner_.check();
  now_ = now;
  drain();
  for (uint64_t i = 0; i < blocks; ++i) {
    is_said_ = !relay_packets();
    if (is_said_) sides_.for_each([this](SessionSide& side) { hear(side); });
    step();
    quiet_ = is_said_ ? Duration{} : quiet_ + context_.block_time;
  }
  look_after(now);
}

bool Session::is_quiet() const {
  return quiet_ >= kRestAfter;
}

void Session::rest() {
  sides_.for_each([](SessionSide& side) { side.rest(); });
}

// The tick that follows is a block of its own.
void Session::wake(TimePoint now) {
  pass_time(now - context_.block_time);
  quiet_ = {};
  sides_.for_each([](SessionSide& side) { side.wake(); });
}

void Session::look_after_at_rest(TimePoint now) {
  pass_time(now);
  look_after(now);
}

// The blocks for which there were no ticks.
void Session::pass_time(TimePoint now) {
  const auto blocks = (now - now_ + context_.block_time / 2) / context_.block_time;
  if (blocks <= 0) return;
  now_ += blocks * context_.block_time;
  line_ += blocks * context_.block_time;
  sides_.for_each([&](SessionSide& side) { side.skip_audio(static_cast<size_t>(blocks) * scratch_.size()); });
}

void Session::check_stalled(TimePoint now) {
  owner_.check();
  if (now - now_ < kStalled) return;
  drain();
  look_after(now);
}

void Session::drain() {
  sides_.for_each([this](SessionSide& side) { side.drain([&](char digit) { on_digit(side, digit); }); });
}

// RTP on both sides, and no clock but the senders' own: what comes goes on as it comes. False: it is another case.
bool Session::relay_packets() {
  SessionSide& a = sides_[Side::A];
  SessionSide& b = sides_[Side::B];
  if (bridging_ != Bridging::Both || !a.rtp() || !b.rtp()) return false;
  goes_[0] = a.rtp()->relay(a.heard(), *b.rtp(), now_);
  if (goes_[0] == RtpEndpoint::Goes::On) listen(a);
  goes_[1] = b.rtp()->relay(b.heard(), *a.rtp(), now_);
  if (goes_[1] == RtpEndpoint::Goes::On) listen(b);
  return true;
}

// Between two bearers each block goes straight on: the receiving side clocks the other's sending.
void Session::run_between_bearers(SessionSide& from) {
  while (from.read_bearer(now_)) {
    listen(from);
    bridge_audio(from, sides_.opposite(from));
  }
}

void Session::run_on_bearer(SessionSide& tdm) {
  while (tdm.read_bearer(now_)) {
    listen(tdm);
    hear(sides_.opposite(tdm));
    step();
  }
}

void Session::run_conference() {
  SessionSide* clock = conference_->clock(sides_);
  conference_->fetch(sides_, clock, now_);
  while (clock && clock->read_bearer(now_)) {
    listen(*clock);
    sides_.for_each([&](SessionSide& side) {
      if (&side == clock) return;
      if (!side.bearer()) return hear(side);
      conference_->take_turn(side);
      listen(side);
    });
    step();
  }
}

void Session::hear(SessionSide& side) {
  if (side.hear(now_)) return listen(side);
  side.heard().set_silence(sides_.opposite(side).law());
}

// Both sides' blocks have been heard.
void Session::step() {
  line_ += context_.block_time;
  sides_.for_each([this](SessionSide& side) { side.poll(line_); });
  if (bridging_ == Bridging::Conference) return conference_->mix(sides_, scratch_);
  SessionSide& a = sides_[Side::A];
  SessionSide& b = sides_[Side::B];
  if (const auto t38 = fax_.t38_side()) return *t38 == Side::A ? bridge_fax(a, b) : bridge_fax(b, a);
  bridge_audio(a, b);
  bridge_audio(b, a);
}

void Session::bridge_audio(SessionSide& from, SessionSide& to) {
  const auto goes = std::exchange(goes_[static_cast<size_t>(from.which())], RtpEndpoint::Goes::On);
  is_said_ = is_said_ || goes != RtpEndpoint::Goes::Nowhere || to.is_playing();
  if (profile() != Profile::Data && to.generate(scratch_)) return to.say(scratch_);
  if (goes == RtpEndpoint::Goes::Later) return;
  if (goes == RtpEndpoint::Goes::Nowhere) return to.skip_audio(from.heard().size());
  if (passes_to(to)) return to.say(from.heard());
  scratch_.set_silence(to.law());
  to.say(scratch_);
}

void Session::bridge_fax(SessionSide& t38, SessionSide& audio) {
  fax_.pass(audio.heard(), scratch_, audio.law());
  audio.say(scratch_);
  t38.skip_audio(scratch_.size());
}

void Session::look_after(TimePoint now) {
  if (now < next_look_) return;
  next_look_ = now + kLookAfterEvery;
  sides_.for_each([this, now](SessionSide& side) {
    side.look_after(now);
    if (profile() == Profile::Fax) side.tell_losses();
  });
}

// What is heard in the audio.

void Session::listen(SessionSide& side) {
  if (profile() == Profile::Data) return;
  // Nothing but voice is looked for in a conference.
  if (bridging_ == Bridging::Conference) return listen_for_digits(side);
  if (fax_.has_t38()) return;
  if (profile() == Profile::Fax) fax_.hear(side.which(), side.heard());
  if (auto tone = detection_.listen(side)) tell(ToneHeard{side.which(), *tone});
  if (profile() == Profile::Voice) listen_for_digits(side);
}

// In-band digits matter where they must go on in another way, and nobody else tells them.
void Session::listen_for_digits(SessionSide& side) {
  if (!passes_digits_on(side)) return;
  if (auto digit = side.hear_digit()) on_digit(side, *digit);
}

bool Session::passes_digits_on(SessionSide& from) {
  if (from.has_own_digits()) return false;
  if (bridging_ != Bridging::Conference) return sides_.opposite(from).has_own_digits();
  bool passes = false;
  sides_.for_each([&](SessionSide& to) { passes = passes || (&to != &from && to.has_own_digits()); });
  return passes;
}

void Session::on_digit(SessionSide& from, char digit) {
  tell(DigitHeard{from.which(), digit});
  if (bridging_ == Bridging::Conference) {
    return sides_.for_each([&](SessionSide& to) {
      if (&to != &from) send_digit(to.which(), digit, kDigitLength);
    });
  }
  if (SessionSide& to = sides_.opposite(from); passes_to(to)) send_digit(to.which(), digit, kDigitLength);
}

void Session::on_fax_event(const t38::FaxEvent& event, Side from, bool in_audio) {
  FaxSeen seen{event, from, in_audio};
  for (Side side : {Side::A, Side::B}) {
    const SideStats stats = sides_[side].stats();
    seen.received[static_cast<size_t>(side)] = {.rtp = stats.rtp.packets_received,
                                                .udptl = stats.udptl.packets_received};
  }
  tell(seen);
}

}  // namespace sg::media
