#include "media/bearer_endpoint.h"

namespace sg::media {

BearerEndpoint::BearerEndpoint(SessionId session, Side side, SessionContext& context, tdm::Timeslot slot,
                               std::unique_ptr<tdm::Bearer> bearer, const tdm::ToneZone* busy_tones, Profile profile)
    : session_(session), side_(side), context_(context), slot_(slot), bearer_(std::move(bearer)), profile_(profile) {
  if (busy_tones) busy_tone_.emplace(*busy_tones);
}

bool BearerEndpoint::hear(AudioBlock& block, TimePoint) {
  if (has_failed_) return false;
  auto got = bearer_->read(block.begin_octets(law()));
  if (!got) fail(got.error().message);
  if (!got || !*got) return false;
  // Whatever else goes on: a fax whose far end is gone goes on for a while.
  if (busy_tone_ && profile_ != Profile::Data && busy_tone_->feed(block.linear())) {
    context_.events.send(session_, BusyToneHeard{side_});
  }
  return true;
}

void BearerEndpoint::say(AudioBlock& block) {
  if (has_failed_) return;
  if (auto taken = bearer_->write(block.as(law())); !taken) fail(taken.error().message);
}

void BearerEndpoint::fail(const std::string& message) {
  if (has_failed_) return;
  has_failed_ = true;
  context_.events.send(session_, SideFailed{side_, message});
}

}  // namespace sg::media
