#include <gmock/gmock.h>

#include <cstdlib>
#include <sstream>

#include "base/manual_reactor.h"
#include "tdm/memory/span_pair.h"
#include "tools/pstnsim/exchange.h"

using namespace sg;
using namespace sg::pstnsim;
using Json = Exchange::Json;

namespace {

struct End {
  std::unique_ptr<Exchange> exchange;
  std::vector<Json> events;

  const Json* find(const std::string& name) const {
    auto found = std::ranges::find_if(events, [&](const Json& event) { return event["event"] == name; });
    return found == events.end() ? nullptr : &*found;
  }
};

// Lines of an exchange and the telephones at their ends, in virtual time.
struct Analog {
  std::filesystem::path directory;
  ManualReactor reactor;
  tdm::SpanPair pair{reactor, {.type = SpanType::Analog, .ports = 4}};
  Counters counters;
  End lines, telephones;

  explicit Analog(const std::string& options = "") {
    std::string name = (std::filesystem::temp_directory_path() / "pstnsim-analog-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    directory = name;
    make(lines, "type=analog,ports=fxs,numbers=201+202" + options, "100=fax,directory=DIR", pair.a());
    make(telephones, "type=analog,ports=fxo,numbers=201+202" + options, "201=fax,directory=DIR,answer_after=7",
         pair.b());
    EXPECT_TRUE(until([&] { return lines.find("ready") && telephones.find("ready"); }, 10s));
  }
  ~Analog() { std::filesystem::remove_all(directory); }

  bool until(const std::function<bool()>& condition, Duration limit) {
    for (Duration passed{}; !condition(); passed += 20ms) {
      if (passed > limit) return false;
      pair.advance(20ms);
      reactor.advance(20ms);
    }
    return true;
  }
  // A fax from one end to the other, until both have hung up.
  void send_fax(End& from, const std::string& caller, const std::string& called) {
    auto call = from.exchange->originate(caller, called, document(), 0);
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_TRUE(until([&] { return lines.find("released") && telephones.find("released"); }, 300s));
  }
  static std::filesystem::path document() { return std::string(SG_TEST_DATA) + "/fax/itu1.tif"; }
  bool is_document(const Json& file) {
    std::string command = "tiffcmp -t '" + document().string() + "' '" + file.get<std::string>() + "' >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  }

 private:
  void make(End& end, const std::string& span, std::string subscriber, tdm::Backend& backend) {
    Config config;
    auto parsed = parse_span(span, 1);
    ASSERT_TRUE(parsed) << parsed.error().message;
    parsed->backend = SpanBackend::Given;
    config.spans.push_back(*parsed);
    if (auto at = subscriber.find("DIR"); at != std::string::npos) subscriber.replace(at, 3, directory.string());
    config.subscribers.push_back(parse_subscriber(subscriber).value());
    auto tell = [&end](const Json& event) { end.events.push_back(event); };
    auto made = Exchange::make(config, reactor, counters, tell, {{1, &backend}});
    ASSERT_TRUE(made) << made.error().message;
    end.exchange = std::move(*made);
  }
};

}  // namespace

TEST(PstnsimAnalog, AFaxMachineDialsByTonesAndSendsAPage) {
  Analog analog;

  analog.send_fax(analog.telephones, "201", "100");

  ASSERT_TRUE(analog.lines.find("incoming"));
  EXPECT_EQ((*analog.lines.find("incoming"))["to"], "100");
  const Json* received = analog.lines.find("fax_finished");
  ASSERT_TRUE(received);
  EXPECT_EQ((*received)["pages_received"], 1);
  EXPECT_TRUE(analog.is_document((*received)["file"]));
}

TEST(PstnsimAnalog, AFaxMachineDialsByPulses) {
  Analog analog(",dialling=pulse");

  analog.send_fax(analog.telephones, "201", "100");

  ASSERT_TRUE(analog.lines.find("incoming"));
  EXPECT_EQ((*analog.lines.find("incoming"))["to"], "100");
  ASSERT_TRUE(analog.lines.find("fax_finished"));
  EXPECT_TRUE((*analog.lines.find("fax_finished"))["success"]);
}

TEST(PstnsimAnalog, ATelephoneTellsWhoCallsAndAnswersAfterAWhile) {
  for (const char* standard : {"bell202", "v23"}) {
    SCOPED_TRACE(standard);
    Analog analog(std::string(",caller_id=") + standard);

    analog.send_fax(analog.lines, "100", "201");

    const Json* rang = analog.telephones.find("incoming");
    ASSERT_TRUE(rang);
    EXPECT_EQ((*rang)["to"], "201");
    EXPECT_EQ((*rang)["from"], "100");
    const Json* received = analog.telephones.find("fax_finished");
    ASSERT_TRUE(received);
    EXPECT_TRUE(analog.is_document((*received)["file"]));
  }
}

TEST(PstnsimAnalog, CountsPortsFromTheFirst) {
  auto span = parse_span("type=analog,backend=dahdi,numbers=1+2,first_port=5", 3).value();

  ASSERT_EQ(span.analog.ports.size(), 2u);
  EXPECT_EQ(span.analog.ports[0].slot, (tdm::Timeslot{3, 5}));
  EXPECT_EQ(span.analog.ports[1].slot, (tdm::Timeslot{3, 6}));
}

TEST(PstnsimAnalog, SaysWhatIsWrongWithASpan) {
  auto error = [](const std::string& words) {
    Config config;
    auto span = parse_span(words, 1);
    if (!span) return span.error().message;
    config.spans.push_back(*span);
    auto sound = check(config);
    return sound ? std::string() : sound.error().message;
  };

  EXPECT_THAT(error("type=analog,backend=dahdi"), testing::HasSubstr("needs numbers"));
  EXPECT_THAT(error("type=analog,numbers=1"), testing::HasSubstr("backend=dahdi"));
  EXPECT_THAT(error("type=analog,ports=fxx"), testing::HasSubstr(R"(one of "fxs", "fxo", "em" is wanted)"));
  EXPECT_THAT(error("type=analog,zone=atlantis"), testing::HasSubstr("no tones"));
  EXPECT_THAT(error("type=analog,backend=dahdi,numbers=1+2,first_port=48"), testing::HasSubstr("ports 48 to 49"));
  EXPECT_THAT(error("type=analog,backend=dahdi,numbers=1,first_port=0"),
              testing::HasSubstr("first_port: a number from 1"));
  EXPECT_EQ(error("type=analog,backend=dahdi,ports=fxo,numbers=1+2"), "");
}
