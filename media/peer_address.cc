#include "media/peer_address.h"

namespace sg::media {
namespace {

// Of packets in sequence some may be lost.
constexpr uint16_t kMostAhead = 4;
// A candidate that shows so little, or nothing for so long, makes way for another.
constexpr Duration kStale = 200ms;

}  // namespace

void PeerAddress::tell(const SocketAddress& told, TimePoint now) {
  if (told == told_) return;
  before_ = current_ == told ? SocketAddress{} : current_;
  told_ = current_ = told;
  told_at_ = heard_at_ = now;
  is_settled_ = false;
  candidate_ = {};
}

void PeerAddress::take_over(const PeerAddress& other) {
  proved_ = other.proved_;
  if (other.told_ == told_ && other.is_settled_) current_ = other.current_;
}

bool PeerAddress::is_near(const SocketAddress& source) const {
  if (latch_ == Latch::Always || source.is_same_host(told_)) return true;
  const bool may_be_hidden = told_.is_private() || told_.is_any();
  if (may_be_hidden && source.is_same_host(proved_)) return true;
  return told_.is_private() && (source.is_same_network(told_) || source.is_same_host(signalling_));
}

int PeerAddress::run_with(const SocketAddress& source, const Place& place) const {
  if (!(source == candidate_.source) || place.stream != candidate_.latest.stream) return 1;
  const auto ahead = static_cast<uint16_t>(place.sequence - candidate_.latest.sequence);
  if (ahead == 0) return candidate_.run;  // a copy
  return ahead <= kMostAhead ? candidate_.run + 1 : 1;
}

bool PeerAddress::is_proved(const SocketAddress& source, const Place& place, TimePoint now, Duration silence) const {
  return now - heard_at_ >= silence && run_with(source, place) >= kRun;
}

PeerAddress::Verdict PeerAddress::check(const SocketAddress& source, const Place& place, TimePoint now) const {
  if (source == current_) return Verdict::Known;
  if (latch_ == Latch::Never) return Verdict::Foreign;
  const bool is_near_it = is_near(source);
  if (!is_settled_ && before_.is_set() && source == before_) {
    // It moves when it has our answer, if it moves at all.
    if ((is_near_it || may_be_anywhere()) && is_proved(source, place, now, kSilence)) return Verdict::Latched;
    return now - told_at_ < kMove ? Verdict::Known : Verdict::Foreign;
  }
  if (source == told_ && lock_ == Lock::UntilToldComes) return Verdict::Latched;
  if (is_near_it) {
    return !is_settled_ || is_proved(source, place, now, {}) ? Verdict::Latched : Verdict::Foreign;
  }
  return may_be_anywhere() && is_proved(source, place, now, kSilence) ? Verdict::Latched : Verdict::Foreign;
}

void PeerAddress::note_candidate(const SocketAddress& source, const Place& place, TimePoint now) {
  const bool is_same = source == candidate_.source;
  if (!is_same && candidate_.run > 1 && now - candidate_.at < kStale) return;
  candidate_ = {source, place, now, run_with(source, place)};
}

PeerAddress::Verdict PeerAddress::on_valid(const SocketAddress& source, const Place& place, TimePoint now) {
  const Verdict verdict = check(source, place, now);
  const bool is_where_it_was = !is_settled_ && before_.is_set() && source == before_;
  if (verdict == Verdict::Foreign || (verdict == Verdict::Known && !(source == current_))) {
    note_candidate(source, place, now);
    return verdict;
  }
  current_ = source;
  heard_at_ = now;
  candidate_ = {};
  // Whoever stays where it was may still be about to move: then the next packet from there settles it.
  if (is_where_it_was && now - told_at_ < kMove) return verdict;
  proved_ = source;
  before_ = {};
  is_settled_ = true;
  return verdict;
}

}  // namespace sg::media
