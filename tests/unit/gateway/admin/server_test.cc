#include "gateway/admin/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/event_loop.h"
#include "gateway/admin/command.h"
#include "tests/unit/gateway/admin/fake_view.h"
#include "tools/spangatectl/client.h"

namespace sg::admin {
namespace {

using spangatectl::ask;
using spangatectl::Json;
using testing::HasSubstr;

// A server whose signalling thread is the test's own; clients run on others and are waited for by turning the loop.
struct Control : testing::Test {
  Control() {
    std::string pattern = testing::TempDir() + "admin-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    path = directory / "control.sock";
    server = Server::start(path, view, loop, counters).value();
  }
  ~Control() override {
    server.reset();
    std::filesystem::remove_all(directory);
  }

  template <class Result>
  Result turn_until(std::future<Result> future) {
    while (future.wait_for(0s) != std::future_status::ready) loop.step(1ms);
    return future.get();
  }
  Result<Json> ask_server(Json request) {
    return turn_until(std::async(std::launch::async, [=, this] { return ask(path, request); }));
  }

  UniqueFd connected() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connect(fd);
    return fd;
  }
  void connect(const UniqueFd& fd) const {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  // All that the server says until it has said `lines` lines, or closes.
  std::string conversation(std::string text, int lines) {
    return turn_until(std::async(std::launch::async, [=, this] {
      UniqueFd fd = connected();
      size_t sent = 0;
      while (sent < text.size()) {
        ssize_t count = ::send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<size_t>(count);
      }
      std::string heard;
      char buffer[4096];
      ssize_t count;
      while (std::count(heard.begin(), heard.end(), '\n') < lines &&
             (count = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0) {
        heard.append(buffer, static_cast<size_t>(count));
      }
      return heard;
    }));
  }

  std::filesystem::path directory, path;
  EventLoop loop;
  Counters counters;
  FakeView view;
  std::unique_ptr<Server> server;
};

TEST_F(Control, TellsTheStatus) {
  auto status = ask_server({{"command", "status"}}).value();

  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["listening"][0], "udp:127.0.0.1:5060");
}

TEST_F(Control, TellsCallsWithBothLegs) {
  view.call_views = {fax_call()};

  auto calls = ask_server({{"command", "calls"}}).value();

  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]["call"], 17);
  EXPECT_EQ(calls[0]["id"], 17) << "as it was named before";
  EXPECT_EQ(calls[0]["media_mode"], "t38");
  EXPECT_EQ(calls[0]["from"]["calling"], "100");
  EXPECT_TRUE(calls[0]["from"]["slot"].is_null());
  EXPECT_EQ(calls[0]["to"]["slot"], "1/3");
}

TEST_F(Control, TellsOneCallInDetail) {
  view.call_views = {fax_call()};

  auto call = ask_server({{"command", "call"}, {"id", 17}}).value();

  EXPECT_EQ(call["history"][0]["what"], "setup");
  EXPECT_EQ(call["media"]["a"]["rtp"]["lost"], 0);
}

TEST_F(Control, WaitsWhenDescriptorsHaveRunOut) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan, which comes with ASan here, needs a descriptor for each type that it sees for the first time";
#endif
  auto is_answered = [&](const UniqueFd& client) {
    return turn_until(std::async(std::launch::async, [&] {
      char buffer[4096];
      return ::recv(client.get(), buffer, sizeof buffer, 0) > 0;
    }));
  };
  auto ask_status = [](const UniqueFd& client) {
    std::string request = "{\"command\": \"status\"}\n";
    ASSERT_GT(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  };
  UniqueFd early = connected(), late(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ask_status(early);
  ASSERT_TRUE(is_answered(early));
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  connect(late);
  ask_status(late);
  auto& errors = counters.get("admin.accept_errors");
  while (errors.value() == 0) loop.step(1ms);
  // Long enough for a server that spins to count many thousands.
  for (int i = 0; i < 100; ++i) {
    ask_status(early);
    EXPECT_TRUE(is_answered(early));
  }
  uint64_t counted = errors.value();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);

  EXPECT_LT(counted, 100u);
  EXPECT_TRUE(is_answered(late)) << "once there are descriptors again";
}

TEST_F(Control, RefusesACallThatIsNotThere) {
  EXPECT_EQ(ask_server({{"command", "call"}, {"id", 18}}).error().message, "there is no call 18");
  EXPECT_EQ(ask_server({{"command", "call"}, {"call", 18}}).error().message, "there is no call 18");
  EXPECT_EQ(ask_server({{"command", "hangup"}, {"id", 18}}).error().message, "there is no call 18");
  EXPECT_THAT(ask_server({{"command", "call"}, {"id", "x"}}).error().message, HasSubstr("must be the number"));
  EXPECT_THAT(ask_server({{"command", "call"}, {"id", -1}}).error().message, HasSubstr("must be the number"));
}

TEST_F(Control, HangsUp) {
  view.call_views = {fax_call()};

  EXPECT_TRUE(ask_server({{"command", "hangup"}, {"id", 17}}));

  EXPECT_TRUE(view.call_views.empty());
}

TEST_F(Control, TellsWhatASpanHasCountedWhenAsked) {
  using namespace std::chrono_literals;
  auto midnight = tdm::SpanHistory::WallTime(std::chrono::sys_days{std::chrono::year{2026} / 3 / 14});
  view.span_views = {idle_span()};
  view.span_views[0].history.quarter = {midnight + 45min, midnight + 50min, {{"slips", 3}}};

  auto without = ask_server({{"command", "spans"}}).value();
  auto with = ask_server({{"command", "spans"}, {"history", true}}).value();

  EXPECT_FALSE(without[0].contains("history"));
  EXPECT_EQ(with[0]["history"]["quarter"]["from"], "2026-03-14T00:45:00Z");
  EXPECT_EQ(with[0]["history"]["quarter"]["until"], "2026-03-14T00:50:00Z");
  EXPECT_EQ(with[0]["history"]["quarter"]["counts"]["slips"], 3);
  EXPECT_TRUE(with[0]["history"]["day_before"].is_null());
  EXPECT_FALSE(ask_server({{"command", "spans"}, {"history", 1}}));
}

TEST_F(Control, TellsSpansTimeslotsAndCounters) {
  using State = tdm::Signalling::SlotState;
  view.span_views = {idle_span()};
  view.span_views[0].span.alarms = tdm::kAlarmRed;
  view.slot_views = {slot_of(3, State::InUse, CallId{17}), slot_of(4, State::Idle)};
  view.counter_values = {{"rtp.rx", 1}, {"udptl.rx", 2}};

  auto spans = ask_server({{"command", "spans"}}).value();
  auto slots = ask_server({{"command", "timeslots"}}).value();
  auto some = ask_server({{"command", "counters"}, {"prefix", "udptl"}}).value();

  EXPECT_EQ(spans[0]["alarms"], "RED");
  EXPECT_EQ(spans[0]["counters"]["slips"], 2);
  EXPECT_EQ(slots[0]["state"], "in use");
  EXPECT_EQ(slots[0]["call"], 17);
  EXPECT_EQ(slots[1]["state"], "idle");
  EXPECT_TRUE(slots[1]["call"].is_null());
  EXPECT_EQ(some, (Json{{"udptl.rx", 2}}));
}

TEST_F(Control, TellsAFaxWholeOrWhereItsRecordIs) {
  view.fax_lines[CallId{17}] = fax_record();

  auto kept = ask_server({{"command", "fax"}, {"id", 17u}}).value();
  auto list = ask_server({{"command", "fax"}}).value();
  auto nowhere = ask_server({{"command", "fax"}, {"id", 18u}});
  view.file_of_records = "/var/lib/spangate/calls.jsonl";
  auto in_file = ask_server({{"command", "fax"}, {"id", 18u}}).value();

  EXPECT_EQ(kept["fax"]["timeline"].size(), 6u);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["verdict"], "failed");
  EXPECT_EQ(list[0]["called"], "30");
  EXPECT_FALSE(nowhere);
  EXPECT_EQ(in_file["in_file"], "/var/lib/spangate/calls.jsonl");
}

TEST_F(Control, TellsWhatItRemembersPageByPage) {
  for (const char* number : {"+491", "+492", "+493"}) {
    view.numbers.push_back(Json{{"trunk", "carrier"}, {"number", number}}.dump());
  }

  const auto first = ask_server({{"command", "memory"}}).value();
  const auto second = ask_server({{"command", "memory"}, {"after", first.back()}}).value();
  const auto third = ask_server({{"command", "memory"}, {"after", second.back()}}).value();

  EXPECT_EQ(first.size(), 2u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0]["number"], "+493");
  EXPECT_EQ(third, Json::array());
  for (const Json& bad : {Json("carrier"), Json{{"trunk", 1}, {"number", "1"}}, Json::object()}) {
    EXPECT_EQ(ask_server({{"command", "memory"}, {"after", bad}}).error().message,
              "\"after\" must have the texts \"trunk\" and \"number\"");
  }
}

TEST_F(Control, TellsWhatItRemembersOfANumberForgetsItAndTakesItOverAgain) {
  view.numbers = {R"({"trunk":"carrier","number":"+4930","held_back":"no T.38"})"};

  auto before = ask_server({{"command", "memory"}}).value();
  auto forgotten = ask_server({{"command", "memory"}, {"forget", "+4930"}}).value();
  auto after = ask_server({{"command", "memory"}}).value();
  auto imported = ask_server({{"command", "memory"}, {"import", before}}).value();

  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0]["held_back"], "no T.38");
  EXPECT_EQ(forgotten["forgotten"], 1);
  EXPECT_TRUE(after.empty());
  EXPECT_EQ(imported["taken"], 1);
  EXPECT_EQ(ask_server({{"command", "memory"}}).value(), before);
  EXPECT_FALSE(ask_server({{"command", "memory"}, {"forget", 4930}}));
  EXPECT_FALSE(ask_server({{"command", "memory"}, {"import", "fax.jsonl"}}));
}

TEST_F(Control, ListsItsCommands) {
  auto help = ask_server({{"command", "help"}}).value();

  ASSERT_EQ(help.size(), commands().size());
  for (size_t i = 0; i < help.size(); ++i) EXPECT_EQ(help[i]["command"], commands()[i].name);
}

TEST_F(Control, WaitsForAnAnswerThatComesLater) {
  view.answers_later = true;
  auto asked = std::async(std::launch::async, [&] { return ask(path, {{"command", "call"}, {"id", 17}}); });
  while (view.owed.empty()) loop.step(1ms);

  view.owed.front()(CallDetail{.call = fax_call(), .history = {}, .media = std::nullopt});

  EXPECT_EQ(turn_until(std::move(asked)).value()["id"], 17);
}

TEST_F(Control, IgnoresAnAnswerThatComesAfterTheEnd) {
  view.answers_later = true;
  auto asked = std::async(std::launch::async, [&] { return ask(path, {{"command", "call"}, {"id", 17}}); });
  while (view.owed.empty()) loop.step(1ms);

  server.reset();
  view.owed.front()(std::nullopt);

  EXPECT_THAT(turn_until(std::move(asked)).error().message, HasSubstr("closed the connection"));
}

TEST_F(Control, AnswersRequestsOfOneClientInTheirOrder) {
  std::string heard =
      conversation("{\"command\":\"status\"}\n{\"command\":\"calls\"}\n{\"command\":\"nonsense\"}\n", 3);

  auto status = heard.find("1.2.3"), calls = heard.find("[]"), unknown = heard.find("unknown command");
  EXPECT_LT(status, calls);
  EXPECT_LT(calls, unknown);
  EXPECT_NE(unknown, std::string::npos) << heard;
}

TEST_F(Control, RefusesWhatIsNoRequestAndCountsIt) {
  std::string heard = conversation("hello\n[1]\n{\"command\":7}\n{}\n\n", 5);

  EXPECT_EQ(std::count(heard.begin(), heard.end(), '\n'), 5);
  EXPECT_THAT(heard, HasSubstr("a request is a JSON object"));
  EXPECT_EQ(counters.get("admin.malformed").value(), 5u);
}

TEST_F(Control, SendsAwayAClientThatNeverEndsItsLine) {
  std::string heard = conversation(std::string(200'000, 'x'), 2);

  EXPECT_EQ(counters.get("admin.malformed").value(), 1u);
  EXPECT_TRUE(ask_server({{"command", "status"}})) << "and goes on with others";
}

TEST_F(Control, ClientsThatSayNothingDoNotKeepOthersOut) {
  view.answers_later = true;
  UniqueFd working = connected();
  std::string_view request = "{\"command\":\"call\",\"id\":17}\n";
  ASSERT_EQ(::send(working.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  while (view.owed.empty()) loop.step(1ms);
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 100; ++i) {
    turn_until(std::async(std::launch::async, [&] { silent.push_back(connected()); }));
    // Half a line is nothing yet.
    ASSERT_EQ(::send(silent.back().get(), "{", 1, MSG_NOSIGNAL), 1);
  }

  EXPECT_TRUE(ask_server({{"command", "status"}}));

  EXPECT_GE(counters.get("admin.dropped_idle").value(), 60u);
  EXPECT_EQ(counters.get("admin.turned_away").value(), 0u);
  view.owed.front()(std::nullopt);
  EXPECT_TRUE(turn_until(std::async(std::launch::async, [&] {
    char buffer[4096];
    return ::recv(working.get(), buffer, sizeof buffer, 0) > 0;
  }))) << "who waits for an answer stays";
}

TEST_F(Control, SurvivesClientsThatLeaveWithoutTheirAnswer) {
  view.answers_later = true;
  {
    UniqueFd fd = connected();
    std::string_view request = "{\"command\":\"call\",\"id\":17}\n";
    ASSERT_EQ(::send(fd.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    while (view.owed.empty()) loop.step(1ms);
  }

  view.owed.front()(std::nullopt);

  EXPECT_TRUE(ask_server({{"command", "status"}}));
}

TEST_F(Control, ReplacesASocketThatNobodyServes) {
  server.reset();
  UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  dead.reset();

  server = Server::start(path, view, loop, counters).value();

  EXPECT_TRUE(ask_server({{"command", "status"}}));
}

TEST_F(Control, LeavesASocketAloneThatIsServed) {
  auto second = Server::start(path, view, loop, counters);

  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another process answers on it"));
  EXPECT_TRUE(ask_server({{"command", "status"}}));
}

TEST_F(Control, LeavesAFileAloneThatIsNoSocket) {
  auto file = directory / "precious";
  std::ofstream(file) << "data";

  auto second = Server::start(file, view, loop, counters);

  EXPECT_FALSE(second);
  EXPECT_EQ(std::filesystem::file_size(file), 4u);
}

TEST(ControlClient, SaysThatNoGatewayIsThere) {
  EXPECT_EQ(ask("/nonexistent/control.sock", {{"command", "status"}}).error().message,
            "cannot reach the gateway at /nonexistent/control.sock: No such file or directory; is spangated running? "
            "(-s names another socket)");
}

TEST_F(Control, BlocksATimeslotASpanOrATrunkAndNothingElse) {
  struct Row {
    Json request;
    const char* done;     // null: refused
    const char* refusal;  // a part of it
  };
  for (const Row& row :
       {Row{{{"timeslot", "1/5"}}, "1/5", ""}, Row{{{"span", 2}}, "span 2", ""},
        Row{{{"trunk", "pstn"}}, "trunk pstn", ""}, Row{{}, nullptr, "one of"},
        Row{{{"span", 2}, {"trunk", "pstn"}}, nullptr, "one of"}, Row{{{"timeslot", "1"}}, nullptr, "1/5"},
        Row{{{"timeslot", "1/"}}, nullptr, "1/5"}, Row{{{"timeslot", "1/5x"}}, nullptr, "1/5"},
        Row{{{"timeslot", "1/300"}}, nullptr, "1/5"}, Row{{{"timeslot", 5}}, nullptr, "1/5"},
        Row{{{"span", "2"}}, nullptr, "must be a number"}, Row{{{"span", -2}}, nullptr, "must be a number"},
        Row{{{"span", 70000}}, nullptr, "must be a number"}, Row{{{"trunk", 1}}, nullptr, "must be a name"},
        Row{{{"trunk", ""}}, nullptr, "must be a name"}, Row{{{"trunk", "none"}}, nullptr, "no trunk none"}}) {
    for (const char* command : {"block", "unblock"}) {
      view.blocked.clear();
      Json request = row.request;
      request["command"] = command;

      auto answer = ask_server(request);

      EXPECT_EQ(answer.has_value(), row.done != nullptr) << request.dump();
      if (!row.done) {
        EXPECT_THAT(answer.error().message, HasSubstr(row.refusal));
        EXPECT_TRUE(view.blocked.empty());
      } else if (answer) {
        EXPECT_EQ(view.blocked, std::vector{fmt::format("{} {}", command, row.done)});
        EXPECT_EQ(answer->at("timeslots"), 30);
      }
    }
  }
}

}  // namespace
}  // namespace sg::admin
