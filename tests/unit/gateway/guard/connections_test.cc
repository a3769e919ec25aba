#include "gateway/guard/connections.h"

#include <gtest/gtest.h>

#include "gateway/guard/network.h"

namespace sg::guard {
namespace {

SocketAddress at(const std::string& host, int port = 5060) {
  return *SocketAddress::parse(host, static_cast<uint16_t>(port));
}

struct ConnectionsTest : testing::Test {
  ConnectionLimits limits{.in_all = 16, .per_source = 3, .per_stranger = 1};
  TestClock clock;

  // Connects as often as it is let.
  static int connect(Connections& connections, const std::string& host, Source source, int times, int first_id) {
    int taken = 0;
    for (int i = 0; i < times; ++i) {
      auto peer = at(host, 1000 + i);
      if (connections.admit(peer, source) != Admission::Taken) continue;
      connections.add(first_id + i, peer, source, Direction::In, {});
      ++taken;
    }
    return taken;
  }
};

TEST(NetworkOf, IsAHostOfIPv4AndASubnetOfIPv6) {
  const struct {
    const char *one, *other;
    bool are_same;
  } kPairs[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"2001:db8::1", "2001:db8::ffff:2", true},
      {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
  };
  for (const auto& pair : kPairs) {
    EXPECT_EQ(network_of(at(pair.one)) == network_of(at(pair.other)), pair.are_same) << pair.one << " " << pair.other;
  }
}

TEST_F(ConnectionsTest, ASourceHasItsLimitAndAllHaveTheirs) {
  Connections connections(limits);

  EXPECT_EQ(connect(connections, "192.0.2.1", Source::Listed, 10, 100), 3);
  EXPECT_EQ(connections.admit(at("192.0.2.1"), Source::Listed), Admission::SourceHasTooMany);
  for (int host = 2; host < 10; ++host) {
    connect(connections, "192.0.2." + std::to_string(host), Source::Listed, 3, 100 * host);
  }

  EXPECT_EQ(connections.size(), 16u);
  EXPECT_EQ(connections.admit(at("192.0.2.77"), Source::Listed), Admission::TooManyInAll);
}

TEST_F(ConnectionsTest, OneThatIsClosedMakesRoom) {
  Connections connections(limits);
  connect(connections, "192.0.2.1", Source::Listed, 3, 100);

  connections.remove(101);

  EXPECT_EQ(connections.admit(at("192.0.2.1"), Source::Listed), Admission::Taken);
}

TEST_F(ConnectionsTest, StrangersDoNotTakeTheTrunksPlaces) {
  Connections connections(limits);

  int strangers = 0;
  for (int host = 1; host < 100; ++host) {
    strangers += connect(connections, "198.51.100." + std::to_string(host), Source::Stranger, 2, 10 * host);
  }

  EXPECT_EQ(strangers, 2);
  EXPECT_EQ(connections.admit(at("192.0.2.1"), Source::Listed), Admission::Taken);
}

TEST_F(ConnectionsTest, NoLimitIsNone) {
  Connections connections({.in_all = 0, .per_source = 0, .first_message = 0s, .idle = 0s});

  EXPECT_EQ(connect(connections, "192.0.2.1", Source::Listed, 5000, 1), 5000);
  EXPECT_EQ(connections.examine(1, {.silent_for = 1000h}, TimePoint{} + 1000h), std::nullopt);
}

// What a connection does, second by second, and when it ends.
struct Story {
  const char* name;
  Direction direction;
  ConnectionFacts (*facts)(int second);
  int speaks_at;  // seconds; -1: never
  std::optional<Ending> ending;
  int ends_by;  // seconds
};

std::ostream& operator<<(std::ostream& out, const Story& story) {
  return out << story.name;
}

const Story kStories[] = {
    {"says nothing", Direction::In, [](int) { return ConnectionFacts{}; }, -1, Ending::NoWholeMessage, 11},
    {"sends an octet a second", Direction::In,
     [](int second) { return ConnectionFacts{.read = static_cast<uint64_t>(second)}; }, -1, Ending::NoWholeMessage, 11},
    {"was opened by us and is silent", Direction::Out, [](int) { return ConnectionFacts{}; }, -1, std::nullopt, 0},
    {"speaks at last", Direction::In, [](int) { return ConnectionFacts{}; }, 9, std::nullopt, 0},
    {"spoke and fell silent", Direction::In,
     [](int second) { return ConnectionFacts{.silent_for = std::chrono::seconds(second)}; }, 0, Ending::Idle, 3602},
    {"is gone", Direction::In, [](int second) { return ConnectionFacts{.is_half_closed = second >= 5}; }, 0,
     Ending::PeerIsGone, 6},
    {"is gone before it said a word", Direction::In, [](int) { return ConnectionFacts{.is_half_closed = true}; }, -1,
     Ending::PeerIsGone, 1},
    {"has closed its side and still takes answers", Direction::In,
     [](int second) {
       return ConnectionFacts{.is_half_closed = true, .taken = static_cast<uint64_t>(10 * second), .waiting = 10};
     },
     0, std::nullopt, 0},
    {"takes nothing", Direction::In, [](int) { return ConnectionFacts{.taken = 500, .waiting = 100}; }, 0, Ending::Deaf,
     21},
    {"takes an octet a second of more and more", Direction::In,
     [](int second) {
       return ConnectionFacts{.taken = static_cast<uint64_t>(second),
                              .waiting = static_cast<size_t>(100 + 10 * second)};
     },
     0, Ending::Deaf, 21},
    {"takes all, and more always waits", Direction::In,
     [](int second) { return ConnectionFacts{.taken = static_cast<uint64_t>(second) * 100, .waiting = 100}; }, 0,
     std::nullopt, 0},
    {"was not read any more", Direction::In, [](int) { return ConnectionFacts{.read = 5, .unread = 10}; }, 0,
     Ending::NotRead, 7},
    {"is read, and more always comes", Direction::In,
     [](int second) { return ConnectionFacts{.read = static_cast<uint64_t>(second) * 100, .unread = 100}; }, 0,
     std::nullopt, 0},
};

struct ConnectionStory : testing::TestWithParam<Story> {};

TEST_P(ConnectionStory, EndsAsItMust) {
  const auto& story = GetParam();
  Connections connections({});
  TestClock clock;
  connections.add(7, at("192.0.2.1"), Source::Listed, story.direction, clock.now());

  std::optional<Ending> ending;
  int second = 0;
  for (; second < 3700 && !ending; ++second) {
    if (second == story.speaks_at) {
      ASSERT_TRUE(connections.hears_request(7, {}));
    }
    ending = connections.examine(7, story.facts(second), clock.now());
    clock.advance(1s);
  }

  EXPECT_EQ(ending, story.ending);
  if (!story.ending) return;
  EXPECT_LE(second - 1, story.ends_by);
  // It is told once.
  EXPECT_EQ(connections.examine(7, story.facts(second), clock.now()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(All, ConnectionStory, testing::ValuesIn(kStories));

TEST_F(ConnectionsTest, RequestsOfAPeerThatDoesNotReadAreNotHeardAndThenItGoes) {
  Connections connections({.backlog = 1000, .unheard_requests = 3});
  connections.add(7, at("192.0.2.1"), Source::Listed, Direction::In, clock.now());

  EXPECT_TRUE(connections.hears_request(7, {.waiting = 1000}));
  EXPECT_FALSE(connections.hears_request(7, {.waiting = 1001}));
  EXPECT_FALSE(connections.hears_request(7, {.waiting = 1001}));
  EXPECT_EQ(connections.examine(7, {.waiting = 1001}, clock.now()), std::nullopt);
  EXPECT_FALSE(connections.hears_request(7, {.waiting = 1001}));

  EXPECT_EQ(connections.examine(7, {.waiting = 1001}, clock.now()), Ending::Deaf);
}

TEST_F(ConnectionsTest, NoMoreRequestsAreHeardAtOnceThanCanBeAnswered) {
  Connections connections({.unanswered = 2});
  connections.add(7, at("192.0.2.1"), Source::Listed, Direction::In, clock.now());
  EXPECT_TRUE(connections.hears_request(7, {}));
  EXPECT_TRUE(connections.hears_request(7, {}));
  EXPECT_FALSE(connections.hears_request(7, {}));

  // Two answers have been written.
  EXPECT_TRUE(connections.hears_request(7, {.waiting = 800}));
  EXPECT_TRUE(connections.hears_request(7, {.taken = 800}));

  // Requests that are never answered are not owed for without end.
  for (int i = 0; i < 10; ++i) connections.hears_request(7, {.taken = 800});
  EXPECT_FALSE(connections.hears_request(7, {.taken = 800}));
  connections.examine(7, {.taken = 800}, clock.now());
  EXPECT_TRUE(connections.hears_request(7, {.taken = 800}));
}

TEST_F(ConnectionsTest, OneThatWeOpenAndThatIsNotYetThereIsNotIdle) {
  Connections connections({});
  connections.add(7, at("192.0.2.1"), Source::Listed, Direction::Out, clock.now());
  clock.advance(5s);

  EXPECT_EQ(connections.examine(7, {.silent_for = 1000h}, clock.now()), std::nullopt);
}

TEST_F(ConnectionsTest, AreFoundByTheirPeer) {
  Connections connections(limits);
  connections.add(7, at("192.0.2.1", 1), Source::Listed, Direction::In, clock.now());
  connections.add(8, at("192.0.2.1", 2), Source::Listed, Direction::In, clock.now());

  EXPECT_EQ(connections.find(at("192.0.2.1", 2)), 8);
  EXPECT_EQ(connections.find(at("192.0.2.1", 3)), std::nullopt);
  EXPECT_EQ(connections.ids_from(at("192.0.2.1", 9)), (std::vector<int>{7, 8}));

  // The descriptor's number is used again.
  connections.add(8, at("192.0.2.9", 5), Source::Listed, Direction::In, clock.now());
  EXPECT_EQ(connections.find(at("192.0.2.1", 2)), std::nullopt);
  EXPECT_EQ(connections.find(at("192.0.2.9", 5)), 8);
}

}  // namespace
}  // namespace sg::guard
