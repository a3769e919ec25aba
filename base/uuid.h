#pragma once

#include <chrono>
#include <string>

namespace sg {

// A UUID of version 7 (RFC 9562 section 5.7): 48 bits of time in milliseconds, and 74 random ones from the kernel. So
// they sort by time, and no two are alike, on whatever host they were made: "018bcfe5-6800-7d3c-9c1a-0242ac120002".
std::string uuid_of_now(std::chrono::system_clock::time_point now);

}  // namespace sg
