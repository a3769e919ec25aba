#include "t38/announced_training.h"

namespace sg::t38 {
namespace {

// All in samples.
// The machine trains 75 ms after DCS, give or take 20 (T.30 5.3.1); what is this late has not begun.
constexpr size_t kNoneComes = 8 * 600;
// The longest training (V.17's, 1.4 s, with talker echo protection 0.2 s more) and TCF (1.5 s and a tenth of it).
constexpr size_t kCheckIsOver = 8 * 3400;
// Longer than the gap between the tone of talker echo protection and the training.
constexpr size_t kSignalIsOver = 8 * 300;
// A click is shorter, the shortest training is longer.
constexpr size_t kIsSignal = 8 * 60;

}  // namespace

void AnnouncedTraining::announce(int bit_rate, bool is_check) {
  *this = {};
  bit_rate_ = bit_rate;
  is_check_ = is_check;
}

std::optional<int> AnnouncedTraining::come() {
  const int bit_rate = bit_rate_;
  bit_rate_ = 0;
  if (bit_rate == 0 || is_heard_) return std::nullopt;
  return bit_rate;
}

AnnouncedTraining::Outcome AnnouncedTraining::pass(size_t samples, Line line) {
  if (bit_rate_ == 0) return Outcome::Open;
  age_ += samples;
  signal_ = line == Line::Signal ? signal_ + samples : 0;
  if (line != Line::Lost) silence_ = line == Line::Silence ? silence_ + samples : 0;
  if (!is_heard_ && signal_ >= kIsSignal) {
    is_heard_ = true;
    return Outcome::Heard;
  }
  const bool is_gone = is_heard_ ? silence_ >= kSignalIsOver : silence_ >= kNoneComes;
  return is_gone || (is_check_ && age_ >= kCheckIsOver) ? Outcome::Gone : Outcome::Open;
}

}  // namespace sg::t38
