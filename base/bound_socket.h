#pragma once

#include <string>
#include <tl/expected.hpp>

#include "base/socket_address.h"
#include "base/unique_fd.h"

namespace sg {

// A socket that has taken `address`: of SOCK_DGRAM, or of SOCK_STREAM, which listens too. Error: the errno.
// To hold a place, or to learn whether one may.
tl::expected<UniqueFd, int> bound_socket(const SocketAddress& address, int type);

// Why one may not, in words for the operator.
std::string why_not_bound(int error, const SocketAddress& address);

}  // namespace sg
