#pragma once

#include "base/counters.h"

namespace sg::call {

// The counters of call control, looked up once. What each counts: docs/counters.md.
struct CallCounters {
  explicit CallCounters(Counters& counters)
      : caller_unreachable(counters.get("call.caller_unreachable")),
        cleared_after_fax(counters.get("call.cleared_after_fax")),
        conference_refused(counters.get("call.conference_refused")),
        conferences(counters.get("call.conferences")),
        ended(counters.get("call.ended")),
        ended_by_busy_tone(counters.get("call.ended_by_busy_tone")),
        forward_failed(counters.get("call.forward_failed")),
        forwarded(counters.get("call.forwarded")),
        handed_to_switch(counters.get("call.handed_to_switch")),
        held(counters.get("call.held")),
        hunted(counters.get("call.hunted")),
        incoming(counters.get("call.incoming")),
        media_family(counters.get("call.media_family")),
        media_refused(counters.get("call.media_refused")),
        media_timeout(counters.get("call.media_timeout")),
        not_acknowledged(counters.get("call.not_acknowledged")),
        redirected(counters.get("call.redirected")),
        refused_number(counters.get("call.refused_number")),
        retrieved(counters.get("call.retrieved")),
        rung_out(counters.get("call.rung_out")),
        session_expired(counters.get("call.session_expired")),
        target_silent(counters.get("call.target_silent")),
        transfer_refused(counters.get("call.transfer_refused")),
        transferred(counters.get("call.transferred")),
        emergency_cleared(counters.get("route.emergency_cleared")) {}

  Counter& caller_unreachable;
  Counter& cleared_after_fax;
  Counter& conference_refused;
  Counter& conferences;
  Counter& ended;
  Counter& ended_by_busy_tone;
  Counter& forward_failed;
  Counter& forwarded;
  Counter& handed_to_switch;
  Counter& held;
  Counter& hunted;
  Counter& incoming;
  Counter& media_family;
  Counter& media_refused;
  Counter& media_timeout;
  Counter& not_acknowledged;
  Counter& redirected;
  Counter& refused_number;
  Counter& retrieved;
  Counter& rung_out;
  Counter& session_expired;
  Counter& target_silent;
  Counter& transfer_refused;
  Counter& transferred;
  Counter& emergency_cleared;
};

}  // namespace sg::call
