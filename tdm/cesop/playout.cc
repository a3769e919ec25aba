#include "tdm/cesop/playout.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sg::tdm::cesop {

namespace {

// How far `b` is after `a`, on the circle of 16 bits.
int distance(uint16_t a, uint16_t b) {
  return static_cast<int16_t>(static_cast<uint16_t>(b - a));
}

}  // namespace

Playout::Playout(const Config& config) : config_(config), slots_(kWindow) {
  assert(config_.depth < kWindow / 2);
  for (Slot& slot : slots_) slot.payload.reserve(config_.payload_octets);
}

void Playout::reset() {
  for (Slot& slot : slots_) slot.present = slot.was_here = false;
  begun_ = playing_ = false;
  stray_ = -1;
}

size_t Playout::waiting() const {
  return begun_ ? static_cast<size_t>(distance(play_, newest_) + 1) : 0;
}

size_t Playout::owed() const {
  return waiting() > config_.depth ? waiting() - config_.depth : 0;
}

void Playout::store(uint16_t sequence, ByteView payload) {
  Slot& place = slot(sequence);
  place.present = true;
  place.was_here = false;
  place.sequence = sequence;
  // Never more than was reserved: the length was checked against the configuration before.
  place.payload.assign(payload.begin(),
                       payload.begin() + static_cast<std::ptrdiff_t>(std::min(payload.size(), config_.payload_octets)));
}

void Playout::begin(uint16_t sequence, ByteView payload) {
  reset();
  begun_ = true;
  play_ = newest_ = early_ = sequence;
  is_early_broken_ = true;
  store(sequence, payload);
}

// One packet far from all others may be damaged; two in a row are a peer that began anew.
bool Playout::is_new_sequence(uint16_t sequence) {
  if (stray_ == sequence) return true;
  stray_ = static_cast<uint16_t>(sequence + 1);
  return false;
}

void Playout::receive(uint16_t sequence, ByteView payload) {
  ++stats_.received;
  if (!begun_) {
    begin(sequence, payload);
    return;
  }

  constexpr int kHalf = kWindow / 2;
  int ahead = distance(play_, sequence);
  if (ahead < -kHalf || ahead >= kHalf) {
    if (!is_new_sequence(sequence)) return;
    ++stats_.restarts;
    begin(sequence, payload);
    return;
  }
  stray_ = -1;

  const Slot& place = slot(sequence);
  bool was_here = (place.present || place.was_here) && place.sequence == sequence;
  if (was_here) {
    ++stats_.duplicate;
    return;
  }
  if (ahead < 0 && playing_) {
    ++stats_.late;
    return;
  }
  if (ahead < 0) play_ = sequence;  // the first to come was not the first that was sent
  if (distance(newest_, sequence) > 0) {
    newest_ = sequence;
  } else {
    ++stats_.reordered;
  }
  store(sequence, payload);
}

Playout::Next Playout::next() {
  if (!begun_) return {};
  // The first is handed out when as many as the depth would be left: owed() counts from the same line.
  if (!playing_ && waiting() <= config_.depth) return {};
  playing_ = true;

  drop_if_always_full();
  if (waiting() == 0) {
    // All came late, or nothing. The place stays, so that what comes is played later, never left out.
    ++stats_.underruns;
    return {What::Underrun, {}};
  }
  Slot& place = slot(play_);
  bool is_here = place.present && place.sequence == play_;
  ++play_;
  if (!is_here) {
    ++stats_.lost;
    return {What::Lost, {}};
  }
  place.present = false;
  place.was_here = true;
  return {What::Packet, place.payload};
}

std::optional<Playout::Next> Playout::early() {
  if (!begun_) return std::nullopt;
  if (std::exchange(is_early_broken_, false)) return Next{What::Lost, {}};
  if (distance(early_, play_) > 0) {
    ++early_;
    return Next{What::Lost, {}};
  }
  const Slot& place = slot(early_);
  if (!place.present || place.sequence != early_) return std::nullopt;
  ++early_;
  return Next{What::Packet, place.payload};
}

// A peer whose clock is faster fills the buffer slowly; a burst after a stall fills it for a moment only.
void Playout::drop_if_always_full() {
  fewest_waiting_ = std::min(fewest_waiting_, waiting());
  if (++reviewed_ < config_.review) return;
  bool always_full = fewest_waiting_ > config_.highest;
  reviewed_ = 0;
  fewest_waiting_ = kWindow;
  if (!always_full) return;
  Slot& place = slot(play_);
  place.present = false;
  place.was_here = true;
  place.sequence = play_;
  ++play_;
  ++stats_.overruns;
}

}  // namespace sg::tdm::cesop
