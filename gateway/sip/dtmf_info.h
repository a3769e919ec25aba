#pragma once

#include <sofia-sip/sip.h>

#include <string>

// Digits in INFO: application/dtmf-relay and application/dtmf, which no RFC describes. Pure functions.
namespace sg::sip {

std::string read_dtmf(const sip_t& info);

}  // namespace sg::sip
