#pragma once

#include "conf/settings.h"
#include "gateway/trunk/sip_trunk.h"

// SIP trunks, from the settings to values.
namespace sg::trunk {

SipTrunk::Options sip_options(const conf::SipTrunk& trunk, const conf::Settings& settings);
// How a trunk's causes differ from the table.
call::CauseMap causes_of(const conf::Trunk& trunk);
// What a profile says otherwise.
void apply(const conf::Profile& profile, call::MediaPolicy& policy);

}  // namespace sg::trunk
