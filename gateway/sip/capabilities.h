#pragma once

// What our headers say that we can do.
namespace sg::sip {

inline constexpr auto kMethods = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER";
// Those of them that Sofia leaves to us.
inline constexpr auto kOurMethods = "INVITE, PRACK, UPDATE, OPTIONS, REFER";
inline constexpr auto kSupported = "timer, 100rel, replaces, join";
inline constexpr auto kAccept = "application/sdp, application/dtmf-relay, application/dtmf";

}  // namespace sg::sip
