#pragma once

#include "conf/settings.h"
#include "gateway/sip/sip_agent.h"
#include "media/service.h"

// What the media plane and the SIP agent go by, from the settings.
namespace sg::app {

// Error: the hold music cannot be read.
Result<media::Config> media_config(const conf::Settings& settings);
sip::AgentConfig agent_config(const conf::Settings& settings);

}  // namespace sg::app
