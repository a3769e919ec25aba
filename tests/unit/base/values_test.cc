// The small values: addresses, ids, counters, log levels, file descriptors.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include <thread>
#include <unordered_set>

#include "base/counters.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/result.h"
#include "base/socket_address.h"
#include "base/token_bucket.h"
#include "base/unique_fd.h"
#include "base/uuid.h"

namespace sg {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(SocketAddress, IsWrittenAsItIsRead) {
  for (const char* text : {"127.0.0.1:5060", "0.0.0.0:0", "[::1]:65535", "[2001:db8::7]:10000"}) {
    auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(TokenBucket, GivesASecondsWorthAtOnceAndThenAsManyAsFlowIn) {
  TokenBucket bucket;
  TimePoint now{};
  auto take = [&](double per_second, int tries) {
    int taken = 0;
    for (int i = 0; i < tries; ++i) taken += bucket.take(per_second, now);
    return taken;
  };
  EXPECT_TRUE(bucket.is_full(10, now));
  EXPECT_EQ(take(10, 50), 10);
  now += std::chrono::milliseconds(500);
  EXPECT_EQ(take(10, 50), 5);
  now += std::chrono::hours(1);
  EXPECT_TRUE(bucket.is_full(10, now));
  EXPECT_EQ(take(10, 50), 10);
  now += std::chrono::seconds(4);
  EXPECT_EQ(take(0.2, 50), 0) << "less than one a second";
  now += std::chrono::seconds(1);
  EXPECT_EQ(take(0.2, 50), 1);
}

TEST(Uuid, TellsTimeVersionAndVariantAndNeverRepeats) {
  std::chrono::system_clock::time_point now(std::chrono::milliseconds(1'645'557'742'000));
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    auto uuid = uuid_of_now(now);
    // The time is that of the example in RFC 9562 appendix A.6.
    EXPECT_THAT(uuid, testing::MatchesRegex("017f22e2-79b0-7[0-9a-f][0-9a-f][0-9a-f]-[89ab][0-9a-f]+-[0-9a-f]+"));
    EXPECT_EQ(uuid.size(), 36u);
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_LT(uuid_of_now(now), uuid_of_now(now + std::chrono::milliseconds(1)));
}

TEST(SocketAddress, RefusesWhatIsNoNumericAddressAndPort) {
  for (const char* text : {"", ":", "localhost:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:1x",
                           "127.0.0.1:-1", "256.0.0.1:1", "::1", "[::1]"}) {
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
  }
}

TEST(SocketAddress, ComparesHostPortAndFamily) {
  auto address = SocketAddress::parse("127.0.0.1:1").value();

  EXPECT_EQ(address, SocketAddress::parse("127.0.0.1", 1).value());
  EXPECT_NE(address, SocketAddress::parse("127.0.0.1:2").value());
  EXPECT_NE(address, SocketAddress::parse("[::ffff:127.0.0.1]:1").value());
}

TEST(SocketAddress, KnowsTheAnyAddresses) {
  EXPECT_TRUE(SocketAddress::parse("0.0.0.0:1")->is_any());
  EXPECT_TRUE(SocketAddress::parse("[::]:1")->is_any());
  EXPECT_FALSE(SocketAddress::parse("[::1]:1")->is_any());
  EXPECT_FALSE(SocketAddress().is_set());
}

TEST(SocketAddress, TellsPrivateOnesFromThoseThatAreTheSameEverywhere) {
  for (const char* text :
       {"10.0.0.1:1", "10.255.255.255:1", "172.16.0.1:1", "172.31.255.1:1", "192.168.0.1:1", "100.64.0.1:1",
        "100.127.255.1:1", "169.254.3.4:1", "[fe80::1]:1", "[febf::1]:1", "[fc00::1]:1", "[fdff::1]:1"}) {
    EXPECT_TRUE(SocketAddress::parse(text)->is_private()) << text;
  }
  for (const char* text :
       {"9.255.255.255:1", "11.0.0.1:1", "172.15.0.1:1", "172.32.0.1:1", "192.167.0.1:1", "192.169.0.1:1",
        "100.63.0.1:1", "100.128.0.1:1", "169.253.0.1:1", "127.0.0.1:1", "0.0.0.0:1", "203.0.113.1:1", "[::1]:1",
        "[::]:1", "[2001:db8::1]:1", "[fec0::1]:1", "[fe00::1]:1", "[fb00::1]:1"}) {
    EXPECT_FALSE(SocketAddress::parse(text)->is_private()) << text;
  }
  EXPECT_FALSE(SocketAddress().is_private());
}

TEST(SocketAddress, ComparesHostsAndNetworksWhateverThePort) {
  auto is_same = [](const char* one, const char* other) {
    auto a = SocketAddress::parse(one).value(), b = SocketAddress::parse(other).value();
    return std::pair(a.is_same_host(b), a.is_same_network(b));
  };
  EXPECT_EQ(is_same("10.0.0.1:1", "10.0.0.1:2"), std::pair(true, true));
  EXPECT_EQ(is_same("10.0.0.1:1", "10.0.0.2:1"), std::pair(false, true));
  EXPECT_EQ(is_same("10.0.0.1:1", "10.0.1.1:1"), std::pair(false, false));
  EXPECT_EQ(is_same("[2001:db8::1]:1", "[2001:db8::1]:2"), std::pair(true, true));
  EXPECT_EQ(is_same("[2001:db8::1]:1", "[2001:db8::2]:1"), std::pair(false, true));
  EXPECT_EQ(is_same("[2001:db8::1]:1", "[2001:db8:0:1::1]:1"), std::pair(false, false));
  EXPECT_EQ(is_same("10.0.0.1:1", "[::ffff:10.0.0.1]:1"), std::pair(false, false));
  EXPECT_FALSE(SocketAddress().is_same_host(SocketAddress()));
}

TEST(SocketAddress, TakesAnotherPort) {
  auto address = SocketAddress::parse("[::1]:1").value();

  address.set_port(4242);

  EXPECT_EQ(address.to_string(), "[::1]:4242");
}

TEST(Id, OfZeroNamesNothing) {
  EXPECT_FALSE(CallId{});
  EXPECT_TRUE(CallId{7});
  EXPECT_LT(CallId{7}, CallId{8});
  EXPECT_EQ(fmt::format("{}", CallId{7}), "7");
  EXPECT_EQ(std::unordered_set<CallId>({CallId{7}, CallId{7}}).size(), 1u);
}

TEST(Counters, AreShownByName) {
  Counters counters;
  Counter& b = counters.get("b");
  counters.get("a").add(2);
  b.add();
  counters.get("b").add();

  EXPECT_EQ(&b, &counters.get("b"));
  EXPECT_THAT(counters.snapshot(), ElementsAre(Pair("a", 2), Pair("b", 2)));
}

TEST(Counters, CountFromManyThreads) {
  Counters counters;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) counters.get("shared").add();
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(counters.get("shared").value(), 4000u);
}

TEST(LogLevel, IsReadByName) {
  EXPECT_EQ(parse_log_level("error").value(), LogLevel::Error);
  EXPECT_EQ(parse_log_level("debug").value(), LogLevel::Debug);
  EXPECT_FALSE(parse_log_level("loud"));
  EXPECT_FALSE(parse_log_level(""));
}

TEST(Result, TellsFailuresWithWhatWasTried) {
  Error cause{"address in use"};

  Result<> result = fail_with(cause, "span {}: cannot bind", 1);

  EXPECT_EQ(result.error().message, "span 1: cannot bind: address in use");
}

TEST(UniqueFd, ClosesWhatItOwnsOnce) {
  int raw = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    UniqueFd first(raw);
    UniqueFd second(std::move(first));
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it owns nothing is what is tested
    EXPECT_EQ(::fcntl(raw, F_GETFD), FD_CLOEXEC);
  }

  EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

}  // namespace
}  // namespace sg
