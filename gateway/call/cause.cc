#include "gateway/call/cause.h"

#include <algorithm>
#include <array>

namespace sg::call {
namespace {

// Rows of RFC 3398 section 7.2.4.1, where it has one; 0 means that the cause has no status of its own.
struct CauseRow {
  int q850;
  int sip_status;
  std::string_view text;
};
constexpr CauseRow kCauses[] = {
    {1, 404, "unallocated number"},
    {2, 404, "no route to transit network"},
    {3, 404, "no route to destination"},
    {6, 503, "channel unacceptable"},
    {16, 480, "normal call clearing"},
    {17, 486, "user busy"},
    {18, 408, "no user responding"},
    {19, 480, "no answer from user"},
    {20, 480, "subscriber absent"},
    {21, 403, "call rejected"},
    {22, 410, "number changed"},
    {23, 410, "redirection to new destination"},
    {26, 404, "non-selected user clearing"},
    {27, 502, "destination out of order"},
    {28, 484, "invalid number format"},
    {29, 501, "facility rejected"},
    {31, 480, "normal, unspecified"},
    {34, 503, "no circuit available"},
    {38, 503, "network out of order"},
    {41, 503, "temporary failure"},
    {42, 503, "switching equipment congestion"},
    {43, 503, "access information discarded"},
    {44, 503, "requested circuit not available"},
    {47, 503, "resource unavailable"},
    {52, 403, "outgoing call barred"},
    {54, 403, "incoming call barred"},
    {55, 403, "incoming calls barred within closed user group"},
    {57, 403, "bearer capability not authorised"},
    {58, 503, "bearer capability not presently available"},
    {65, 488, "bearer capability not implemented"},
    {69, 501, "requested facility not implemented"},
    {70, 488, "only restricted digital information available"},
    {79, 501, "service or option not implemented"},
    {81, 500, "invalid call reference value"},
    {87, 403, "user not member of closed user group"},
    {88, 503, "incompatible destination"},
    {102, 504, "recovery on timer expiry"},
    {111, 500, "protocol error"},
    {127, 500, "interworking, unspecified"},
};

// RFC 3398 section 8.2.6.1.
struct StatusRow {
  int sip_status;
  int q850;
};
constexpr StatusRow kStatuses[] = {
    {400, 41},  {401, 21}, {402, 21},  {403, 21},  {404, 1},  {405, 63},  {406, 79},  {407, 21},
    {408, 102}, {410, 22}, {413, 127}, {414, 127}, {415, 79}, {416, 127}, {420, 127}, {421, 127},
    {423, 127}, {480, 18}, {481, 41},  {482, 25},  {483, 25}, {484, 28},  {485, 1},   {486, 17},
    {487, 16},  {488, 65}, {500, 41},  {501, 79},  {502, 38}, {503, 41},  {504, 102}, {505, 127},
    {513, 127}, {600, 17}, {603, 21},  {604, 1},   {606, 65},
};

const CauseRow* find(int q850) {
  auto row = std::find_if(std::begin(kCauses), std::end(kCauses), [&](const CauseRow& r) { return r.q850 == q850; });
  return row == std::end(kCauses) ? nullptr : row;
}

}  // namespace

int sip_status_of(const Cause& cause) {
  // A SIP leg's own refusal passes through unchanged, but for what concerns that leg alone.
  bool is_hop_by_hop = cause.sip_status == 401 || cause.sip_status == 407 || cause.sip_status == 487;
  if (cause.sip_status >= 400 && cause.sip_status < 700 && !is_hop_by_hop) return cause.sip_status;
  const CauseRow* row = find(cause.q850);
  return row ? row->sip_status : 500;
}

Cause cause_of_sip(int status, int reason_q850) {
  if (reason_q850 > 0 && reason_q850 <= 127) return {reason_q850, status};
  auto row = std::find_if(std::begin(kStatuses), std::end(kStatuses),
                          [&](const StatusRow& r) { return r.sip_status == status; });
  if (row != std::end(kStatuses)) return {row->q850, status};
  // RFC 3398 section 8.2.6.1: an unknown status is treated as the x00 of its class.
  return {status >= 600 ? 21 : status >= 500 ? 41 : status >= 400 ? 127 : 31, status};
}

Cause CauseMap::received(Cause cause) const {
  auto by_status = cause_of_status.find(cause.sip_status);
  bool is_by_table = cause.sip_status != 0 && cause.q850 == cause_of_sip(cause.sip_status).q850;
  if (is_by_table && by_status != cause_of_status.end()) cause.q850 = by_status->second;
  auto by_cause = status_of_cause.find(cause.q850);
  if (cause.sip_status == 0 && by_cause != status_of_cause.end()) cause.sip_status = by_cause->second;
  return cause;
}

Cause CauseMap::sent(Cause cause) const {
  if (auto by_status = cause_of_status.find(cause.sip_status); by_status != cause_of_status.end())
    cause.q850 = by_status->second;
  if (auto by_cause = status_of_cause.find(cause.q850); by_cause != status_of_cause.end())
    cause.sip_status = by_cause->second;
  return cause;
}

bool ends_dialog(int sip_status) {
  constexpr std::array kEnds{404, 408, 410, 416, 481, 482, 483, 484, 485, 502, 604};
  return std::find(kEnds.begin(), kEnds.end(), sip_status) != kEnds.end();
}

std::string_view text_of(const Cause& cause) {
  const CauseRow* row = find(cause.q850);
  return row ? row->text : "unknown cause";
}

std::string_view name_of(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::None:
      return "";
    case Obstacle::NoAnswer:
      return "no answer";
    case Obstacle::ConnectionRefused:
      return "connection refused: nobody listens there";
    case Obstacle::NoRoute:
      return "no route to host";
    case Obstacle::NotSent:
      return "nothing can be sent there";
    case Obstacle::PasswordWanted:
      return "the peer asks for a password; this trunk has none";
  }
  return "";
}

}  // namespace sg::call
