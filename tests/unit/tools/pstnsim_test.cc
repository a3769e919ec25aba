#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "base/event_loop.h"
#include "media/tone/sound_file.h"
#include "tools/pstnsim/control.h"
#include "tools/pstnsim/exchange.h"

using namespace sg;
using namespace sg::pstnsim;
using Json = Exchange::Json;

namespace {

// UDP ports that are free now. All are held until all are chosen, so no two are the same.
std::vector<uint16_t> free_ports(size_t count) {
  std::vector<UniqueFd> held;
  std::vector<uint16_t> ports;
  for (size_t i = 0; i < count; ++i) {
    UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    ports.push_back(ntohs(address.sin_port));
    held.push_back(std::move(socket));
  }
  return ports;
}

struct Directory {
  std::filesystem::path path;
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "pstnsim-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~Directory() { std::filesystem::remove_all(path); }
};

struct End {
  std::unique_ptr<Exchange> exchange;
  std::vector<Json> events;

  bool has(const std::string& name, const std::string& key = "", const Json& value = {}) const {
    return std::ranges::any_of(events, [&](const Json& event) {
      return event["event"] == name && (key.empty() || (event.contains(key) && event[key] == value));
    });
  }
};

// A public exchange and a private one, back to back over a pseudowire on loopback, in real time.
struct Exchanges {
  Directory directory;
  EventLoop loop;
  Counters counters;
  End network, user;

  explicit Exchanges(const std::string& network_subscribers, const std::string& user_subscribers,
                     const std::string& span = "") {
    auto ports = free_ports(2);
    make(network,
         fmt::format("local=127.0.0.1:{},remote=127.0.0.1:{},role=network,clock=given{}", ports[0], ports[1], span),
         network_subscribers);
    make(user,
         fmt::format("local=127.0.0.1:{},remote=127.0.0.1:{},role=user,clock=recovered{}", ports[1], ports[0], span),
         user_subscribers);
    EXPECT_TRUE(until([&] { return network.has("ready") && user.has("ready"); }, 20s)) << "the interfaces came up";
  }

  bool until(const std::function<bool()>& condition, Duration limit) {
    auto end = loop.now() + limit;
    while (!condition()) {
      if (loop.now() > end) return false;
      loop.step(20ms);
    }
    return true;
  }
  Json ask(End& end, const Json& request) {
    Json answer;
    end.exchange->handle(request, [&](const Json& given) { answer = given; });
    EXPECT_TRUE(until([&] { return !answer.is_null(); }, 100s)) << request.dump();
    return answer;
  }
  // A call from the network, to its end. The cause.
  int call(const std::string& to) {
    auto made = ask(network, {{"command", "originate"}, {"from", "100"}, {"to", to}});
    EXPECT_TRUE(made["ok"]) << made.dump();
    auto over = ask(network, {{"command", "wait"}, {"call", made["call"]}, {"timeout_ms", 15'000}});
    EXPECT_TRUE(over["ok"]) << over.dump();
    return over.value("cause", 0);
  }

 private:
  // `subscribers`: words of --subscriber, separated by spaces; "DIR" is the test's directory.
  void make(End& end, const std::string& span, const std::string& subscribers) {
    Config config;
    auto parsed = parse_span(span, 1);
    ASSERT_TRUE(parsed) << parsed.error().message;
    config.spans.push_back(*parsed);
    std::istringstream stream(subscribers);
    for (std::string words; stream >> words;) {
      if (auto at = words.find("DIR"); at != std::string::npos) words.replace(at, 3, directory.path.string());
      auto subscriber = parse_subscriber(words);
      ASSERT_TRUE(subscriber) << subscriber.error().message;
      config.subscribers.push_back(*subscriber);
    }
    auto made = Exchange::make(config, loop, counters, [&end](const Json& event) { end.events.push_back(event); });
    ASSERT_TRUE(made) << made.error().message;
    end.exchange = std::move(*made);
  }
};

int compare_tiffs(const std::filesystem::path& one, const std::filesystem::path& other) {
  return std::system(fmt::format("tiffcmp -t '{}' '{}' >/dev/null 2>&1", one.string(), other.string()).c_str());
}

}  // namespace

TEST(Pstnsim, CallsEndAsTheSubscriberSays) {
  Exchanges exchanges("100=echo", "200=busy 201=announcement,length=0.5,cause=22,in_progress=true");

  EXPECT_EQ(exchanges.call("200"), 17);
  EXPECT_EQ(exchanges.call("201"), 22);
  EXPECT_TRUE(exchanges.network.has("progress"));
  EXPECT_EQ(exchanges.call("999"), 1);

  EXPECT_EQ(exchanges.network.exchange->calls(), 0u);
  EXPECT_EQ(exchanges.user.exchange->calls(), 0u);
}

TEST(Pstnsim, NetworkAnnouncesInItsDisconnect) {
  Exchanges exchanges("300=announcement,length=0.5,cause=1", "200=echo");

  auto made = exchanges.ask(exchanges.user, {{"command", "originate"}, {"from", "200"}, {"to", "300"}});
  auto over = exchanges.ask(exchanges.user, {{"command", "wait"}, {"call", made["call"]}});

  EXPECT_TRUE(exchanges.user.has("disconnected", "in_band", true));
  EXPECT_EQ(over["state"], "released");
  EXPECT_EQ(exchanges.network.exchange->calls(), 0u);
}

TEST(Pstnsim, VoiceHearsAToneThroughTheSpan) {
  for (const std::string type : {"e1", "t1"}) {
    SCOPED_TRACE(type);
    Exchanges exchanges("100=voice,record=DIR/heard.wav", "200=tone,frequency=800,level=-10", ",type=" + type);
    auto made = exchanges.ask(exchanges.network, {{"command", "originate"}, {"from", "100"}, {"to", "200"}});
    ASSERT_TRUE(exchanges.until([&] { return exchanges.network.has("answered"); }, 10s));
    auto heard = [&] {
      auto samples = media::read_sound(exchanges.directory.path / "heard.wav");
      return samples ? *samples : std::vector<int16_t>{};
    };
    ASSERT_TRUE(exchanges.until(
        [&] { return std::filesystem::file_size(exchanges.directory.path / "heard.wav") > 40'000; }, 10s));

    exchanges.ask(exchanges.network, {{"command", "hangup"}, {"call", made["call"]}});
    exchanges.ask(exchanges.network, {{"command", "wait"}, {"call", made["call"]}});

    auto samples = heard();
    ASSERT_GT(samples.size(), 16'000u);
    // A second from the middle: 800 Hz crosses zero 1600 times.
    int crossings = 0, peak = 0;
    for (size_t i = 8000; i < 16'000; ++i) {
      crossings += (samples[i] < 0) != (samples[i - 1] < 0);
      peak = std::max(peak, std::abs(int{samples[i]}));
    }
    EXPECT_NEAR(crossings, 1600, 4);
    EXPECT_NEAR(peak, 7200, 500);  // -10 dBm0
  }
}

TEST(Pstnsim, DataAreComparedAndDoNotMeetVoice) {
  Exchanges exchanges("100=echo 101=data", "200=echo 201=data");
  EXPECT_EQ(exchanges.call("201"), 88) << "voice calls a tester of data";

  auto made = exchanges.ask(exchanges.network, {{"command", "originate"}, {"from", "101"}, {"to", "201"}});
  auto testers = [&](uint64_t least) {
    for (End* end : {&exchanges.network, &exchanges.user}) {
      auto calls = exchanges.ask(*end, {{"command", "calls"}})["calls"];
      if (calls.empty() || !calls[0].contains("data") || calls[0]["data"]["clean"] < least) return false;
    }
    return true;
  };
  EXPECT_TRUE(exchanges.until([&] { return testers(16'000); }, 20s));
  exchanges.ask(exchanges.network, {{"command", "bit_errors"}, {"rate", 1e-3}});
  auto has_errors = [&] {
    return exchanges.ask(exchanges.user, {{"command", "calls"}})["calls"][0]["data"]["errors"] > 0;
  };
  EXPECT_TRUE(exchanges.until(has_errors, 20s)) << "a tester that notices nothing";
  exchanges.ask(exchanges.network, {{"command", "hangup"}, {"call", made["call"]}});
}

TEST(Pstnsim, FaxArrivesPixelIdentical) {
  Exchanges exchanges("100=fax,directory=DIR,identity=ALPHA", "200=fax,directory=DIR,identity=BRAVO,answer_after=0.2");
  std::string page = SG_TEST_DATA "/fax/itu1.tif";

  for (const auto& [start, refusal] :
       {std::pair{"%PDF-1.4", " is a PDF: only TIFF can be sent from here (sgfax takes both)"},
        {"hello", " is no TIFF"},
        {"", " is no TIFF"}}) {
    const std::string other = exchanges.directory.path / "other";
    std::ofstream(other) << start;
    auto refused =
        exchanges.ask(exchanges.network, {{"command", "originate"}, {"from", "100"}, {"to", "200"}, {"send", other}});
    EXPECT_EQ(refused["error"], other + refusal);
  }
  auto made =
      exchanges.ask(exchanges.network, {{"command", "originate"}, {"from", "100"}, {"to", "200"}, {"send", page}});
  ASSERT_TRUE(made["ok"]) << made.dump();
  auto over = exchanges.ask(exchanges.network, {{"command", "wait"}, {"call", made["call"]}, {"timeout_ms", 95'000}});

  ASSERT_TRUE(over["ok"]) << over.dump();
  EXPECT_TRUE(over["fax"]["success"]) << over.dump();
  EXPECT_EQ(over["fax"]["far_identity"], "BRAVO");
  ASSERT_TRUE(exchanges.until([&] { return exchanges.user.has("fax_finished", "success", true); }, 5s));
  EXPECT_EQ(compare_tiffs(page, exchanges.directory.path / "200-1.tif"), 0);
}

TEST(Pstnsim, AlarmsAndDChannelLossReachTheOtherEnd) {
  Exchanges exchanges("100=echo", "200=echo");

  exchanges.ask(exchanges.network, {{"command", "alarm"}, {"kind", "ais"}, {"on", true}});
  EXPECT_TRUE(exchanges.until(
      [&] {
        return exchanges.ask(exchanges.user, {{"command", "status"}})["spans"][0]["alarms"] == "BLUE";
      },
      5s));
  EXPECT_TRUE(exchanges.until([&] { return exchanges.user.has("alarms", "alarms", "BLUE"); }, 5s));
  exchanges.ask(exchanges.network, {{"command", "alarm"}, {"kind", "ais"}, {"on", false}});
  exchanges.ask(exchanges.network, {{"command", "dchannel"}, {"cut", true}});
  EXPECT_TRUE(exchanges.until([&] { return exchanges.user.has("interface_down"); }, 30s));
  exchanges.user.events.clear();
  exchanges.ask(exchanges.network, {{"command", "dchannel"}, {"cut", false}});

  EXPECT_TRUE(exchanges.until([&] { return exchanges.user.has("interface_up"); }, 30s));
}

TEST(Pstnsim, ControlSocketAnswersALineWithALine) {
  Exchanges exchanges("100=echo", "200=busy");
  std::string path = (exchanges.directory.path / "control").string();
  auto control = ControlServer::make(path, exchanges.loop, *exchanges.network.exchange);
  ASSERT_TRUE(control) << control.error().message;
  EXPECT_FALSE(ControlServer::make(path, exchanges.loop, *exchanges.network.exchange)) << "the path is in use";
  UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);

  std::string requests =
      "no json\n[]\n{\"command\":\"originate\",\"from\":\"100\",\"to\":\"200\"}\n{\"command\":\"wait\",\"call\":1}\n";
  ASSERT_EQ(::send(client.get(), requests.data(), requests.size(), 0), static_cast<ssize_t>(requests.size()));
  std::string answers;
  EXPECT_TRUE(exchanges.until(
      [&] {
        char buffer[4096];
        ssize_t length = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (length > 0) answers.append(buffer, static_cast<size_t>(length));
        return std::ranges::count(answers, '\n') == 4;
      },
      10s));

  std::istringstream lines(answers);
  std::string line;
  std::vector<Json> read;
  while (std::getline(lines, line)) read.push_back(Json::parse(line));
  ASSERT_EQ(read.size(), 4u);
  EXPECT_EQ(read[0]["ok"], false);
  EXPECT_EQ(read[1]["ok"], false);
  EXPECT_EQ(read[2]["call"], 1);
  EXPECT_EQ(read[3]["cause"], 17);
}

TEST(Pstnsim, MistakesInTheFileAreNamedByLine) {
  Directory directory;
  auto file = directory.path / "exchange.toml";
  auto error_of = [&](const std::string& text) {
    std::ofstream(file) << text;
    Config config;
    auto loaded = load(file, config);
    return loaded ? std::string() : loaded.error().message;
  };

  EXPECT_EQ(error_of("control = \"/tmp/c\"\n[[span]]\nlocal = \"127.0.0.1:1\"\nremote = \"127.0.0.1:2\"\nppm = 2.5\n"
                     "[[subscriber]]\nnumber = \"100\"\nkind = \"fax\"\necm = false\nanswer_after = 2\n"),
            "");
  EXPECT_THAT(error_of("[[span]]\nlocal = \"127.0.0.1\"\n"), testing::HasSubstr("exchange.toml:2: local"));
  EXPECT_THAT(error_of("[[subscriber]]\nnumber = \"1\"\nkind = \"telex\"\n"),
              testing::HasSubstr("exchange.toml:3: kind"));
  EXPECT_THAT(error_of("[[subscriber]]\ncolour = 1\n"), testing::HasSubstr("exchange.toml:2: colour"));
  EXPECT_THAT(error_of("\nspan = 1\n"), testing::HasSubstr("exchange.toml:2"));
  EXPECT_THAT(error_of("[[span]\n"), testing::HasSubstr("exchange.toml:1"));
}

TEST(Pstnsim, BusyPortIsRefusedWithItsAddress) {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  EventLoop loop;
  Counters counters;
  Config config;
  auto local = fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  config.spans.push_back(*parse_span("local=" + local + ",remote=127.0.0.1:9", 1));

  auto made = Exchange::make(config, loop, counters, [](const Json&) {});

  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, testing::HasSubstr(local));
}
