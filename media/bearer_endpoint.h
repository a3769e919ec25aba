#pragma once

#include <memory>
#include <optional>
#include <string>

#include "media/endpoint.h"
#include "media/session_context.h"
#include "media/tone/busy_tone_detector.h"
#include "tdm/bearer.h"

namespace sg::media {

// A timeslot on one side of a session, whose blocks are the session's clock.
// Owned by its SessionSide. Media-worker thread only.
class BearerEndpoint final : public Endpoint {
 public:
  // `busy_tones`: as Service::add_bearer().
  BearerEndpoint(SessionId session, Side side, SessionContext& context, tdm::Timeslot slot,
                 std::unique_ptr<tdm::Bearer> bearer, const tdm::ToneZone* busy_tones, Profile profile);

  void set_profile(Profile profile) { profile_ = profile; }
  // Data have no law: where all octets count as of one, none is converted.
  tdm::Law law() const { return profile_ == Profile::Data ? tdm::Law::Mu : bearer_->law(); }
  // A card cancels echo on voice calls only.
  void cancel_echo(bool is_wanted) { bearer_->cancel_echo(is_wanted); }

  // False: no block is ready.
  bool hear(AudioBlock& block, TimePoint now) override;
  void say(AudioBlock& block) override;

  bool has_failed() const { return has_failed_; }
  tdm::Bearer& bearer() const { return *bearer_; }
  tdm::Timeslot slot() const { return slot_; }

 private:
  void fail(const std::string& message);

  const SessionId session_;
  const Side side_;
  SessionContext& context_;
  const tdm::Timeslot slot_;
  const std::unique_ptr<tdm::Bearer> bearer_;
  std::optional<BusyToneDetector> busy_tone_;
  Profile profile_;
  bool has_failed_ = false;
};

}  // namespace sg::media
