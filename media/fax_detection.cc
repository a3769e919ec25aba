#include "media/fax_detection.h"

namespace sg::media {

void FaxDetection::set_profile(Profile profile) {
  profile_ = profile;
  onset_ = Onset::None;
  choose_echo_cancelling();
  sides_.for_each([profile](SessionSide& side) { side.set_profile(profile); });
}

void FaxDetection::note_fax() {
  was_fax_heard_ = true;
  choose_echo_cancelling();
}

std::optional<HeardTone> FaxDetection::listen(SessionSide& side) {
  const auto tone = side.hear_fax_tone();
  follow_onset(side);
  if (!tone) return std::nullopt;
  const bool is_new = *tone == HeardTone::V21Preamble && onset_ == Onset::None && profile_ == Profile::Voice;
  was_fax_heard_ = true;
  if (is_new) treat_as_fax(Onset::V21);
  choose_echo_cancelling();
  return tone;
}

void FaxDetection::follow_onset(SessionSide& heard_on) {
  if (profile_ != Profile::Voice) return;
  const Onset here = heard_on.fax_onset(), there = sides_.opposite(heard_on).fax_onset();
  const Onset onset = here != Onset::None ? here : there;
  if (onset == onset_ || (onset_ != Onset::None && onset != Onset::None)) return;
  if (onset == Onset::None && was_fax_heard_) return;  // the signalling knows, and will say
  treat_as_fax(onset);
}

void FaxDetection::treat_as_fax(Onset onset) {
  onset_ = onset;
  choose_echo_cancelling();
  // V.21 moves no jitter buffer: that waits for a silence of the line.
  const DepthChange deepen = onset == Onset::V21 ? DepthChange::InSilence : DepthChange::AtOnce;
  sides_.for_each(
      [&](SessionSide& side) { side.set_profile(onset == Onset::None ? Profile::Voice : Profile::Fax, deepen); });
}

// A card cancels echo on voice calls only.
void FaxDetection::choose_echo_cancelling() {
  const bool is_voice = profile_ == Profile::Voice && !was_fax_heard_ && onset_ == Onset::None;
  sides_.for_each([is_voice](SessionSide& side) {
    if (side.bearer()) side.bearer()->cancel_echo(is_voice);
  });
}

}  // namespace sg::media
