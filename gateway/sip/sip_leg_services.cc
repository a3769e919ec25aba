// What a SipLeg carries beside the media: transfer (RFC 3515, RFC 5589), digits, and who is who.
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include <utility>

#include "gateway/sip/counted_warning.h"
#include "gateway/sip/dtmf_info.h"
#include "gateway/sip/header_values.h"
#include "gateway/sip/headers.h"
#include "gateway/sip/identity.h"
#include "gateway/sip/sip_leg.h"
#include "gateway/sip/user_user.h"

namespace sg::sip {
namespace {

constexpr std::chrono::milliseconds kDigitLength{160};

}  // namespace

void SipLeg::on_refer(const sip_t& refer, tagi_t* tags) {
  auto answer = [&](int status) {
    ::nua_respond(handle_, status, ::sip_status_phrase(status), NUTAG_WITH_THIS(path_.nua), TAG_END());
  };
  auto transfer = read_transfer(refer);
  if (!transfer) return answer(400);
  // One at a time: the first is not over.
  if (referral_.is_open() || !is_established() || !listener_) return answer(603);
  referral_.open(tags);
  auto life = lifetime_.watch();
  const bool is_accepted = listener_->on_transfer(*transfer);
  if (life.is_over()) return;
  answer(is_accepted ? 202 : 603);
  is_accepted ? referral_.accept(handle_) : referral_.refuse();
}

void SipLeg::transfer_progress(int status) {
  if (is_established() || referral_.is_undecided()) referral_.tell(handle_, status);
}

bool SipLeg::is_dialog(const call::Replaces& replaces) const {
  const bool may_be = state() == DialogState::Called || state() == DialogState::Calling || is_established();
  if (!may_be || replaces.call_id != entry_.call_id()) return false;
  auto named = dialog();
  return named && named->to_tag == replaces.to_tag && named->from_tag == replaces.from_tag;
}

std::optional<call::Replaces> SipLeg::dialog() const {
  if (!handle_) return std::nullopt;
  auto home = make_home();
  const sip_replaces_t* own = ::nua_handle_make_replaces(handle_, home.get(), 0);
  if (!own) return std::nullopt;
  // As we would name it to others: the tags are the other way round there.
  auto named = replaces_of(*own);
  std::swap(named.to_tag, named.from_tag);
  return named;
}

void SipLeg::send_digits(const std::string& digits) {
  if (!is_established()) return;
  for (char digit : digits) {
    auto body = dtmf_relay_of(digit, kDigitLength);
    ::nua_info(handle_, SIPTAG_CONTENT_TYPE_STR("application/dtmf-relay"), SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
  }
}

// Sofia has answered it. A digit that is not understood is none: a wrong one is worse.
void SipLeg::on_info(const sip_t& info) {
  auto told = read_dtmf(info);
  if (told.kind == InfoDigit::Kind::None) return;
  if (told.kind == InfoDigit::Kind::Digit) {
    if (listener_) listener_->on_digits({told.digit});
    return;
  }
  CountedWarning(path_.counters.get("sip.rx.info_digits_ignored"), log_)
      .add("an INFO tells no digit: \"{}\"", told.said);
}

void SipLeg::connected_party(const party::CallingParty& party) {
  connected_ = party;
  if (!is_established() || !refresh_.peer_allows_update()) return;
  auto lines = connected_lines(party, path_.domain, path_.identity);
  if (!lines.empty()) ::nua_update(handle_, SIPTAG_HEADER_STR(lines.c_str()), TAG_END());
}

void SipLeg::note_connected(const sip_t& message) {
  auto party = read_connected(message);
  if (!party || party == peer_party_) return;
  peer_party_ = party;
  if (listener_) listener_->on_connected_party(*party);
}

void SipLeg::warn(int code, const std::string& text) {
  warning_ = fmt::format("{} {} \"{}\"", code, path_.domain, text);
}

void SipLeg::user_user(const party::UserUser& data) {
  user_user_lines_ = user_user_line(data);
}

void SipLeg::note_user_user(const sip_t& message) {
  if (auto data = read_user_user(message); data && listener_) listener_->on_user_user(*data);
}

std::string SipLeg::take_extra_lines() {
  auto lines = std::exchange(user_user_lines_, {});
  if (connected_) lines += connected_lines(*connected_, path_.domain, path_.identity);
  return lines;
}

}  // namespace sg::sip
