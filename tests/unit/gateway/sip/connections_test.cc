// TCP connections and stray datagrams that reach the agent's sockets: real ones, over loopback.

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "tests/unit/gateway/sip/two_agents.h"

namespace sg::sip {
namespace {

using namespace std::string_literals;

size_t open_descriptors() {
  size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory)) ++count;
  ::closedir(directory);
  return count;
}

class Stream {
 public:
  explicit Stream(const SocketAddress& to, int receive_buffer = 0)
      : fd_(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    // Not connect(): that name is the agent's, in this process.
    is_connected = ::syscall(SYS_connect, fd_.get(), to.raw(), to.raw_size()) == 0;
  }
  // What does not fit goes first the next time.
  void send(const std::string& octets) {
    unsent_ += octets;
    ssize_t count = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) unsent_.erase(0, static_cast<size_t>(count));
  }
  bool has_unsent() const { return !unsent_.empty(); }
  // Whether the other side has hung up. What it has said is read away.
  bool is_closed() {
    char buffer[4096];
    ssize_t count;
    while ((count = ::recv(fd_.get(), buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
      heard.append(buffer, static_cast<size_t>(count));
    }
    return count == 0 || errno != EAGAIN;
  }
  void close() { fd_.reset(); }

  bool is_connected = false;
  std::string heard;

 private:
  UniqueFd fd_;
  std::string unsent_;
};

std::string options(int number) {
  return fmt::format(
      "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{0}\r\nFrom: <sip:a@b>;tag=1\r\n"
      "To: <sip:a@b>\r\nCall-ID: c{0}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
      number);
}

struct SipConnections : TwoAgents {
  void SetUp() override {
    trunks["127.0.0.1"] = "peer";
    begin();
  }
  void begin() { start({Transport::Tcp, *SocketAddress::parse("127.0.0.1:0")}); }

  SocketAddress agent() const { return called_agent->bound().front().address; }
  uint64_t count(const char* name) { return counters.get(name).value(); }
  testing::AssertionResult answers() {
    Stream stream(agent());
    stream.send(options(1'000'000));
    return until([&] { return stream.is_closed() || !stream.heard.empty(); }, "OPTIONS is answered")
               ? testing::AssertionResult(stream.heard.starts_with("SIP/2.0 200"))
               : testing::AssertionFailure();
  }
};

TEST_F(SipConnections, AStrangerIsHungUpOnAtOnceAndCounted) {
  trunks.clear();
  admits_all = false;
  Stream stranger(agent());

  ASSERT_TRUE(until([&] { return stranger.is_closed(); }, "it is closed"));

  EXPECT_TRUE(stranger.heard.empty());
  EXPECT_EQ(count("sip.tcp.refused_stranger"), 1u);
}

TEST_F(SipConnections, WhoIsListedIsAnswered) {
  EXPECT_TRUE(answers());
  EXPECT_EQ(count("sip.tcp.refused_stranger"), 0u);
}

// Where a caller would take its answers, by its Via.
class Listening {
 public:
  Listening() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    auto any = *SocketAddress::parse("127.0.0.1:0");
    ::bind(fd_.get(), any.raw(), any.raw_size());
    sockaddr_storage raw{};
    socklen_t size = sizeof(raw);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&raw), &size);
    port = SocketAddress::from(raw).port();
  }
  void listen() { ::listen(fd_.get(), 4); }
  bool takes_one() { return UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)).get() >= 0; }

  uint16_t port = 0;

 private:
  UniqueFd fd_;
};

std::string invite_from(uint16_t port) {
  return fmt::format(
      "INVITE sip:100@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:{0};branch=z9hG4bK{0}\r\nFrom: <sip:a@b>;tag=1\r\n"
      "To: <sip:100@b>\r\nCall-ID: c{0}\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:{0};transport=tcp>\r\n"
      "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
      port);
}

struct SipCallers : SipConnections {
  // Somebody calls by TCP and lets it ring.
  void ring() {
    caller_stream.emplace(agent());
    caller_stream->send(invite_from(answers.port));
    ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
    callee.leg->alert(false, std::nullopt);
    ASSERT_TRUE(
        until([&] { return !caller_stream->is_closed() && caller_stream->heard.find(" 180 ") != std::string::npos; },
              "it rings"));
  }
  Listening answers;
  std::optional<Stream> caller_stream;
};

TEST_F(SipCallers, OneWhoseConnectionIsGoneAndWhoTakesNoOtherIsGone) {
  ring();

  caller_stream.reset();

  ASSERT_TRUE(until_heard(callee, "unreachable"));
  EXPECT_EQ(callee.times_heard("unreachable"), 1);
}

TEST_F(SipCallers, OneWhoTakesAnotherConnectionIsThere) {
  answers.listen();
  ring();

  caller_stream.reset();

  ASSERT_TRUE(until([&] { return answers.takes_one(); }, "it is tried"));
  settle();
  EXPECT_FALSE(callee.has_heard("unreachable"));
}

TEST_F(SipCallers, OneWhoIsAnsweredIsNoLongerTried) {
  ring();
  callee.leg->answer(audio_at(5000));
  ASSERT_TRUE(
      until([&] { return !caller_stream->is_closed() && caller_stream->heard.find(" 200 ") != std::string::npos; },
            "it is answered"));
  auto gone = count("sip.tcp.closed_peer_gone");

  caller_stream.reset();
  // The next look at the connections is after this one was closed.
  Stream next(agent());
  next.send("x\r\n\r\n");
  next.close();
  ASSERT_TRUE(until([&] { return count("sip.tcp.closed_peer_gone") > gone; }, "a second has passed"));

  EXPECT_FALSE(callee.has_heard("unreachable"));
}

TEST_F(SipConnections, ASourceHasNoMoreThanItsLimit) {
  connection_limits.per_source = 2;
  begin();
  Stream first(agent()), second(agent()), third(agent());

  ASSERT_TRUE(until([&] { return third.is_closed(); }, "the third is closed"));

  EXPECT_FALSE(first.is_closed());
  EXPECT_FALSE(second.is_closed());
  EXPECT_EQ(count("sip.tcp.refused_source_limit"), 1u);

  first.close();
  EXPECT_TRUE(until([&] { return bool(answers()); }, "there is room again"));
}

TEST_F(SipConnections, ThereAreNoMoreThanTheLimitInAll) {
  connection_limits.in_all = 1;
  begin();
  Stream first(agent()), second(agent());

  ASSERT_TRUE(until([&] { return second.is_closed(); }, "the second is closed"));
  EXPECT_EQ(count("sip.tcp.refused_limit"), 1u);
}

// Sofia stops reading at what is no message, and then does not see the peer go.
struct Rubbish : SipConnections, testing::WithParamInterface<std::pair<const char*, std::string>> {};

TEST_P(Rubbish, LeavesNoDescriptorWhenThePeerIsGone) {
  settle();
  const size_t before = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    Stream peer(agent());
    peer.send(GetParam().second);
    settle();
  }

  EXPECT_TRUE(until([&] { return open_descriptors() <= before; }, "all descriptors are back"));
  EXPECT_TRUE(answers());
}

INSTANTIATE_TEST_SUITE_P(
    All, Rubbish,
    testing::Values(std::pair{"OneWord", "x\r\n\r\n"s}, std::pair{"LineFeeds", "A\n\nA"s},
                    std::pair{"Colon", ":\r\n\r\n"s},
                    std::pair{"NoStartLine", "abc: def\r\nabc: def\r\nabc: def\r\nabc: def\r\nabc: def\r\n"s},
                    std::pair{"Http", "GET / HTTP/1.0\r\n\r\n"s}, std::pair{"HalfAMessage", options(1).substr(0, 90)},
                    std::pair{"NoBody", "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 999\r\n\r\n"s},
                    std::pair{"Zeros", std::string(50, '\0')}, std::pair{"Nothing", ""s},
                    std::pair{"RequestThenRubbish", options(2) + "x\r\n\r\n"s}),
    [](const auto& row) { return row.param.first; });

TEST_F(SipConnections, WhoSaysNothingWholeInTimeIsHungUpOn) {
  connection_limits.first_message = 50ms;
  begin();
  Stream silent(agent()), slow(agent()), good(agent());
  good.send(options(1));
  slow.send(options(2).substr(0, 20));

  ASSERT_TRUE(until([&] { return silent.is_closed() && slow.is_closed(); }, "both are closed"));

  EXPECT_FALSE(good.is_closed());
  EXPECT_EQ(count("sip.tcp.closed_no_message"), 2u);
}

TEST_F(SipConnections, WhoIsIdleIsHungUpOn) {
  connection_limits.idle = 50ms;
  begin();
  Stream peer(agent());
  peer.send(options(1));

  ASSERT_TRUE(until([&] { return peer.is_closed(); }, "it is closed"));

  EXPECT_TRUE(peer.heard.starts_with("SIP/2.0 200"));
  EXPECT_EQ(count("sip.tcp.closed_idle"), 1u);
}

TEST_F(SipConnections, AfterRubbishWhatComesIsNotKept) {
  connection_limits.unread = 50ms;
  begin();
  Stream peer(agent());
  peer.send(options(1) + "x\r\n\r\n");
  settle();
  peer.send(options(2));

  ASSERT_TRUE(until([&] { return peer.is_closed(); }, "it is closed"));
  EXPECT_EQ(count("sip.tcp.closed_malformed"), 1u);
}

TEST_F(SipConnections, WhoDoesNotReadIsNotHeardAndThenHungUpOn) {
  settle();
  const size_t before = open_descriptors();
  {
    Stream deaf(agent(), 2048);
    int number = 0;
    ASSERT_TRUE(until(
        [&] {
          std::string many;
          for (int i = 0; i < 100 && !deaf.has_unsent(); ++i) many += options(++number);
          deaf.send(many);
          return count("sip.tcp.closed_deaf") == 1;
        },
        "it is closed"));
    EXPECT_GE(count("sip.tcp.requests_of_deaf"), 1u);
    // What its Via says is gone to for answers, but not without end.
    EXPECT_LE(open_descriptors(), before + 70);
  }
  EXPECT_TRUE(until([&] { return open_descriptors() <= before; }, "all descriptors are back"));
  EXPECT_TRUE(answers());
}

// All that the process may have, taken.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    UniqueFd highest(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 200));
    rlimit few{.rlim_cur = static_cast<rlim_t>(highest.get()) + 1, .rlim_max = old_.rlim_max};
    highest.reset();
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd; (fd = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0;) taken_.emplace_back(fd);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
  std::vector<UniqueFd> taken_;
};

TEST_F(SipConnections, WithoutDescriptorsNothingSpinsAndItRecovers) {
  settle();
  // Connects first: the test's own descriptors come out of the same purse.
  Stream first(agent()), second(agent());
  {
    NoDescriptors none;
    // A connection that stayed in the queue would wake Sofia without end.
    ASSERT_TRUE(until([&] { return first.is_closed() && second.is_closed(); }, "both that wait are closed"));
  }

  EXPECT_EQ(count("sip.tcp.refused_no_descriptor"), 2u);
  EXPECT_TRUE(answers());
}

struct SipDatagrams : TwoAgents {};

TEST_F(SipDatagrams, StunAndWhatElseIsNoSipIsNotAnsweredButCounted) {
  UniqueFd stranger(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  auto to = called_agent->bound().front().address;
  const std::string kStun = "\0\1\0\0\x21\x12\xa4\x42"s + std::string(12, 'x');
  for (const auto& datagram : {kStun, "\x80\x08rtp"s, ""s}) {
    ::sendto(stranger.get(), datagram.data(), datagram.size(), 0, to.raw(), to.raw_size());
  }

  ASSERT_TRUE(until([&] { return counters.get("sip.udp.dropped_by_kernel").value() == 3; }, "they are counted"));

  char answer[2048];
  EXPECT_EQ(::recv(stranger.get(), answer, sizeof(answer), MSG_DONTWAIT), -1);
}

}  // namespace
}  // namespace sg::sip
