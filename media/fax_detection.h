#pragma once

#include <optional>

#include "media/sides.h"

namespace sg::media {

// Hears fax machines announce themselves on the sides of a session. Half a second passes until it is sure that a tone
// is of a fax, and the signalling is told; so the media is made ready for one at the tone's onset: jitter buffers take
// their depth, and cards cancel no echo. What was none after all is voice again, half a second after its end.
// Owned by the Session. Media-worker thread only.
class FaxDetection {
 public:
  explicit FaxDetection(Sides& sides) : sides_(sides) {}

  Profile profile() const { return profile_; }
  // As the signalling has it.
  void set_profile(Profile profile);
  // It is sure to be a fax: a side speaks T.38.
  void note_fax();
  // A side has got a timeslot.
  void choose_echo_cancelling();
  // The block that is heard on a side. A tone that has just been made out.
  std::optional<HeardTone> listen(SessionSide& side);

 private:
  using Onset = FaxToneDetector::Onset;
  void follow_onset(SessionSide& heard_on);
  void treat_as_fax(Onset onset);

  Sides& sides_;
  Profile profile_ = Profile::Voice;
  bool was_fax_heard_ = false;
  Onset onset_ = Onset::None;  // for which voice is treated as fax
};

}  // namespace sg::media
