#include "base/line_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/event_loop.h"
#include "base/unix_address.h"
#include "base/unix_socket.h"

using testing::HasSubstr;

namespace sg {
namespace {

class UnixSocket : public testing::Test {
 protected:
  ~UnixSocket() override { std::filesystem::remove_all(folder_); }

  static std::string new_folder() {
    std::string folder = testing::TempDir() + "unix-XXXXXX";
    if (!::mkdtemp(folder.data())) ADD_FAILURE() << "no folder " << folder;
    return folder;
  }

  const std::string folder_ = new_folder();
  const std::string path_ = folder_ + "/socket";
};

TEST_F(UnixSocket, IsAnsweredAsLongAsSomebodyListens) {
  EXPECT_FALSE(is_answered(path_)) << "there is none";

  auto listening = listen_on_unix(path_, 0600);
  ASSERT_TRUE(listening) << listening.error().message;
  EXPECT_TRUE(is_answered(path_));
  EXPECT_THAT(listen_on_unix(path_, 0600).error().message, HasSubstr("another process answers"));

  listening->reset();
  EXPECT_FALSE(is_answered(path_)) << "only its file was left";
  EXPECT_TRUE(listen_on_unix(path_, 0600));
}

TEST_F(UnixSocket, IsAnsweredWhereTheQueueIsFull) {
  auto listening = listen_on_unix(path_, 0600);
  ASSERT_EQ(::listen(listening->get(), 3), 0) << "the kernel's longest queue may be longer than this test can fill";
  std::vector<UniqueFd> waiting;
  auto address = *unix_address(path_);
  int status = 0;
  while (status == 0 && waiting.size() < 1000) {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    status = ::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  ASSERT_EQ(errno, EAGAIN);

  EXPECT_TRUE(is_answered(path_));
}

TEST_F(UnixSocket, IsNeverMadeInPlaceOfAFile) {
  std::ofstream(path_) << "data";

  EXPECT_THAT(listen_on_unix(path_, 0600).error().message, HasSubstr("is no socket"));

  EXPECT_EQ(std::filesystem::file_size(path_), 4u);
  EXPECT_FALSE(listen_on_unix(std::string(200, 'x'), 0600));
}

// A server that answers "later" when the test says, and everything else at once, with what was asked.
class LineServerTest : public UnixSocket {
 protected:
  LineServerTest()
      : server_(loop_, listen_on_unix(path_, 0600).value(),
                {.clients = 3, .octets = 1000, .told_above_octets = "too long"},
                {counters_.get("too_long"), counters_.get("turned_away"), counters_.get("dropped_idle"),
                 counters_.get("accept_errors")},
                [this](LineServer::Client client, const std::string& line) {
                  if (line == "later") {
                    owed_ = client;
                  } else {
                    server_.answer(client, "got " + line);
                  }
                }) {}

  UniqueFd connected() {
    auto fd = connect_to_unix(path_, std::chrono::seconds(5));
    EXPECT_TRUE(fd) << fd.error().message;
    loop_.step(1ms);
    return std::move(*fd);
  }
  static void send(const UniqueFd& client, std::string_view text) {
    EXPECT_EQ(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // What has come once so many lines have, or the server has closed.
  std::string hear(const UniqueFd& client, long lines) {
    std::string heard;
    auto end = loop_.now() + 10s;
    while (std::ranges::count(heard, '\n') < lines && loop_.now() < end) {
      loop_.step(1ms);
      char buffer[4096];
      ssize_t count = ::recv(client.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count == 0) break;
      if (count > 0) heard.append(buffer, static_cast<size_t>(count));
    }
    return heard;
  }

  EventLoop loop_;
  Counters counters_;
  std::optional<LineServer::Client> owed_;
  LineServer server_;
};

TEST_F(LineServerTest, AnswersEachRequestInOrderHoweverTheyCome) {
  UniqueFd client = connected();

  send(client, "one\ntwo\nth");
  EXPECT_EQ(hear(client, 2), "got one\ngot two\n");
  send(client, "ree\n");
  EXPECT_EQ(hear(client, 1), "got three\n");
}

TEST_F(LineServerTest, TheNextRequestWaitsForTheAnswerToTheOneBefore) {
  UniqueFd client = connected(), other = connected();
  send(client, "later\nafter\n");
  send(other, "meanwhile\n");
  EXPECT_EQ(hear(other, 1), "got meanwhile\n") << "others do not wait";
  ASSERT_TRUE(owed_);

  server_.answer(*owed_, "at last");

  EXPECT_EQ(hear(client, 2), "at last\ngot after\n");
}

TEST_F(LineServerTest, AnswersNobodyWhoHasGone) {
  UniqueFd client = connected();
  send(client, "later\n");
  while (!owed_) loop_.step(1ms);
  client.reset();
  loop_.step(1ms);

  server_.answer(*owed_, "at last");

  UniqueFd other = connected();
  send(other, "one\n");
  EXPECT_EQ(hear(other, 1), "got one\n");
}

TEST_F(LineServerTest, ARequestWithoutAnEndIsToldAndEnded) {
  UniqueFd client = connected();

  send(client, std::string(2000, 'x'));

  EXPECT_EQ(hear(client, 2), "too long\n");
  EXPECT_EQ(counters_.get("too_long").value(), 1u);
}

TEST_F(LineServerTest, WhoHasBeenSilentForLongestMakesRoomAndWhoWaitsStays) {
  UniqueFd working = connected();
  send(working, "later\n");
  while (!owed_) loop_.step(1ms);
  UniqueFd silent = connected(), another = connected(), newest = connected();

  EXPECT_EQ(hear(silent, 1), "") << "was closed";
  EXPECT_EQ(counters_.get("dropped_idle").value(), 1u);
  server_.answer(*owed_, "at last");
  EXPECT_EQ(hear(working, 1), "at last\n");
}

TEST_F(LineServerTest, ManyRequestsAtOnceDoNotNest) {
  UniqueFd client = connected();
  std::string requests;
  for (int i = 0; i < 400; ++i) requests += "\n";

  send(client, requests);

  EXPECT_EQ(std::ranges::count(hear(client, 400), '\n'), 400);
}

}  // namespace
}  // namespace sg
