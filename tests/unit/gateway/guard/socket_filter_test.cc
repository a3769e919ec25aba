#include "gateway/guard/socket_filter.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/socket_address.h"
#include "base/unique_fd.h"

namespace sg::guard {
namespace {

using namespace std::string_literals;

struct Datagram {
  const char* name;
  std::string octets;
  bool passes;
};

std::ostream& operator<<(std::ostream& out, const Datagram& datagram) {
  return out << datagram.name;
}

const Datagram kDatagrams[] = {
    {"a request", "OPTIONS sip:a@b SIP/2.0\r\n\r\n", true},
    {"a response", "SIP/2.0 200 OK\r\n\r\n", true},
    {"a method in small letters", "options sip:a@b SIP/2.0\r\n\r\n", true},
    // RFC 4475 section 3.1.1.2: every character of a token may begin a method.
    {"an odd method", "!interesting-Method0123456789_*+`.%indeed'~INVITE sip:a@b SIP/2.0\r\n\r\n", true},
    {"the last printable character", "~x sip:a@b SIP/2.0\r\n\r\n", true},
    {"a keep-alive (RFC 5626 section 3.5.1)", "\r\n\r\n", true},
    {"a line feed", "\n", true},
    {"nothing", "", false},
    {"an octet of zero", "\0"s, false},
    {"a STUN binding request", "\0\1\0\0\x21\x12\xa4\x42"s + std::string(12, 'x'), false},
    {"a TURN allocation", "\0\3\0\0\x21\x12\xa4\x42"s + std::string(12, 'x'), false},
    {"DTLS", "\x16\xfe\xfd"s + std::string(40, 'x'), false},
    {"RTP", "\x80\x08"s + std::string(170, 'x'), false},
    {"RTCP", "\x80\xc9\0\1"s + std::string(4, 'x'), false},
    {"SigComp", "\xf8"s + std::string(40, 'x'), false},
    {"white space", "  OPTIONS sip:a@b SIP/2.0\r\n\r\n", false},
};

struct SocketFilter : testing::TestWithParam<std::tuple<const char*, Datagram>> {};

TEST_P(SocketFilter, LetsThroughWhatCanBeSip) {
  const auto& [host, datagram] = GetParam();
  auto any = *SocketAddress::parse(host, 0);
  UniqueFd receiver(::socket(any.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::bind(receiver.get(), any.raw(), any.raw_size()) != 0) GTEST_SKIP() << "no " << host << " here";
  sockaddr_storage raw{};
  socklen_t size = sizeof(raw);
  ::getsockname(receiver.get(), reinterpret_cast<sockaddr*>(&raw), &size);
  UniqueFd sender(::socket(any.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));

  ASSERT_TRUE(admit_sip_only(receiver.get()));
  ::sendto(sender.get(), datagram.octets.data(), datagram.octets.size(), 0, reinterpret_cast<sockaddr*>(&raw), size);

  // Over loopback it is there, or thrown away, before sendto() comes back.
  pollfd ready{.fd = receiver.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 0) == 1, datagram.passes);
}

INSTANTIATE_TEST_SUITE_P(All, SocketFilter,
                         testing::Combine(testing::Values("127.0.0.1", "::1"), testing::ValuesIn(kDatagrams)));

TEST(SocketFilterErrors, WhatIsNoSocketIsSaid) {
  EXPECT_FALSE(admit_sip_only(-1));
}

}  // namespace
}  // namespace sg::guard
