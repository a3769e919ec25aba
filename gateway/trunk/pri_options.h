#pragma once

#include "conf/settings.h"
#include "gateway/trunk/backends.h"
#include "gateway/trunk/tdm_trunk.h"

// ISDN trunks, from the settings to tdm/pri.
namespace sg::trunk {

// Error: a D-channel that cannot be had.
Result<TdmTrunk::Options> pri_options(const conf::PriTrunk& trunk, const Backends& backends, Reactor& reactor,
                                      Counters& counters);

}  // namespace sg::trunk
