#pragma once

#include <vector>

#include "tdm/pri/config.h"

namespace sg::tdm::pri {

// Whether the parts of the configuration go together. Fills in the D-channel where it is left to custom.
Result<> check(Config& config);
// The timeslots that carry calls: all but the D-channels.
std::vector<Timeslot> bearers_of(const Config& config);

}  // namespace sg::tdm::pri
