#pragma once

#include <memory>

#include "tdm/dchannel.h"

namespace sg::pstnsim {

// A D-channel that can be cut: frames are lost both ways while `is_cut`, which the owner outlives.
std::unique_ptr<tdm::DChannel> make_dchannel_that_can_be_cut(std::unique_ptr<tdm::DChannel> channel,
                                                             const bool& is_cut);

}  // namespace sg::pstnsim
