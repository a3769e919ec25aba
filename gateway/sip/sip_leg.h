#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/call/leg.h"
#include "gateway/sip/identity_policy.h"

namespace sg::sip {

// One SIP dialog as a leg of a call (RFC 3261, offer and answer as RFC 3264 and 6337).
// Owned by its call; signalling thread only. Destroyed before on_released it ends its dialog by itself, in silence.
class SipLeg final : public call::Leg {
 public:
  class Impl;
  explicit SipLeg(std::unique_ptr<Impl> impl);
  ~SipLeg() override;

  void set_listener(call::LegListener* listener) override;
  call::MediaKind media_kind() const override { return call::MediaKind::Ip; }
  std::string name() const override;  // "sip 127.0.0.1:5062 Call-ID 1a2b"

  void setup(const call::Setup& setup, const std::optional<call::MediaDescription>& offer) override;
  void proceeding() override;
  void progress(bool inband, const std::optional<call::MediaDescription>& media) override;
  void forwarded() override;
  void alert(bool inband, const std::optional<call::MediaDescription>& media) override;
  void answer(const std::optional<call::MediaDescription>& media) override;
  void release(call::Cause cause) override;
  void offer(const call::MediaDescription& media) override;
  void answer_offer(const call::MediaDescription& media) override;
  void refuse_offer(int status) override;
  // In-dialog INFO, application/dtmf-relay.
  void send_digits(const std::string& digits) override;

  void connected_party(const tdm::CallingParty& party) override;
  void warn(int code, const std::string& text) override;
  void user_user(const tdm::UserUser& data) override;
  void hold() override;
  void retrieve() override;
  void transfer_progress(int status) override;
  bool is_dialog(const call::Replaces& replaces) const override;
  std::optional<call::Replaces> ended_dialog() const override;

  // Incoming: how this peer is told who answers.
  void set_identity_policy(const IdentityPolicy& policy);
  // Incoming, unanswered: refuse with this status, without going through a cause. on_released follows if the leg lives.
  void refuse(int status);
  const std::string& call_id() const;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg::sip
