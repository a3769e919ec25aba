#pragma once

#include "conf/settings.h"
#include "gateway/trunk/backends.h"
#include "gateway/trunk/tdm_trunk.h"
#include "tdm/cas/config.h"

// Analog trunks, from the settings to tdm/cas.
namespace sg::trunk {

// `bearer_group`: a number of its own, which no media worker has.
TdmTrunk::Options analog_options(const conf::AnalogTrunk& trunk, const conf::Settings& settings, unsigned bearer_group,
                                 const Backends& backends, Reactor& reactor, Counters& counters);
tdm::cas::Config cas_config(const conf::AnalogTrunk& trunk, const conf::Settings& settings, unsigned bearer_group);

}  // namespace sg::trunk
