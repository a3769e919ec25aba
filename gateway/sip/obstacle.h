#pragma once

#include <sofia-sip/sip.h>

#include <string>

#include "gateway/call/cause.h"

// Why a request of ours came to nothing, where Sofia answers it in the peer's place: with 503 whatever kept it from
// being sent, and with 408 when nothing came.
namespace sg::sip {

// The error (errno) that Sofia's transports met with the request of this Call-ID, and forgets it; 0: none.
// Signalling thread only.
int take_send_error(const std::string& call_id);

// `response`: null, or one that Sofia made, where none came. `send_error`: of take_send_error().
call::Obstacle obstacle_of(int status, const sip_t* response, int send_error);

}  // namespace sg::sip
