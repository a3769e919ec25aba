#include "t38/audio_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "tests/unit/t38/fax_rig.h"

namespace sg::t38 {
namespace {

using ::testing::ElementsAreArray;

struct Case {
  std::string name;
  bool ecm = true;
  int bit_rate = 14400;
  bool calling_end_is_first = true;
  double echo = 0;  // share of each end's signal that comes back in the other's
};
void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

// Two fax machines on a line, and who listens in.
class ListenedFax : public ::testing::TestWithParam<Case>, protected FaxTimeline::Listener {
 protected:
  ListenedFax() {
    const Case& variant = GetParam();
    FaxMachineOptions caller{.calling = true, .identity = "+33 1 2345"}, answerer{.identity = "+49 30 6789"};
    caller.send_file = test_document("itu1.tif");
    answerer.receive_file = received_file();
    caller.ecm = answerer.ecm = variant.ecm;
    caller.max_bit_rate = answerer.max_bit_rate = variant.bit_rate;
    calling = AudioFaxMachine::make(caller).value();
    called = AudioFaxMachine::make(answerer).value();
  }
  ~ListenedFax() override { std::filesystem::remove(received_file()); }

  void run() {
    const Case& variant = GetParam();
    using End = AudioListener::End;
    const End caller_end = variant.calling_end_is_first ? End::First : End::Second;
    const End called_end = variant.calling_end_is_first ? End::Second : End::First;
    for (int tick = 0; tick < 50 * 240 && !(calling->is_finished() && called->is_finished()); ++tick) {
      std::array<int16_t, kTick> from_caller, from_called;
      calling->transmit(from_caller);
      called->transmit(from_called);
      calling->receive(from_called);
      called->receive(from_caller);
      listener.hear(caller_end, with_echo(from_caller, from_called, called_past, variant.echo));
      listener.hear(called_end, with_echo(from_called, from_caller, caller_past, variant.echo));
    }
  }

  std::vector<std::string> told;  // "> DIS": from the first end
  std::unique_ptr<AudioFaxMachine> calling, called;

 private:
  using Block = std::array<int16_t, kTick>;
  // The echo of the other end comes five blocks later.
  static Block with_echo(Block own, const Block& other, std::deque<Block>& past, double share) {
    past.push_back(other);
    if (past.size() <= 5) return own;
    for (size_t i = 0; i < own.size(); ++i) {
      own[i] = static_cast<int16_t>(std::clamp(own[i] + share * past.front()[i], -32768.0, 32767.0));
    }
    past.pop_front();
    return own;
  }
  void on_fax_event(const FaxEvent& event) override {
    told.push_back((event.direction == Direction::FromT38 ? "> " : "< ") + describe(event));
  }

  std::deque<Block> caller_past, called_past;

 protected:
  AudioListener listener{*this};
};

std::vector<std::string> expected(const Case& each) {
  const std::string dcs = fmt::format("DCS {} bit/s{}", each.bit_rate, each.ecm ? " ECM" : "");
  const std::string training = fmt::format("training {} bit/s", each.bit_rate);
  const std::string end = each.ecm ? "PPS-EOP" : "EOP";
  std::vector<std::string> frames = {"< CSI +49 30 6789",
                                     "< DIS",
                                     "> TSI +33 1 2345",
                                     "> " + dcs,
                                     "> " + training,
                                     "< CFR",
                                     "> " + training,
                                     "> page started",
                                     "> " + end,
                                     "< MCF",
                                     "< page ended",
                                     "> DCN",
                                     "> ended"};
  if (each.calling_end_is_first) return frames;
  for (std::string& frame : frames) frame[0] = frame[0] == '>' ? '<' : '>';
  return frames;
}

TEST_P(ListenedFax, IsToldFrameByFrame) {
  run();

  ASSERT_TRUE(calling->result().success) << calling->result().status_text;
  // Long pages without ECM repeat nothing; with ECM there may be several partial pages.
  std::erase_if(told, [](const std::string& one) { return one.ends_with("PPS-NULL"); });
  std::vector<std::string> once;
  for (const std::string& one : told) {
    bool is_repeat_of_partial_page = (one.ends_with("MCF") || one.find("training") != std::string::npos) &&
                                     std::count(once.begin(), once.end(), one) >= (one.ends_with("MCF") ? 1 : 2);
    if (!is_repeat_of_partial_page) once.push_back(one);
  }
  EXPECT_THAT(once, ElementsAreArray(expected(GetParam())));
  EXPECT_EQ(listener.pages(), 1);
  EXPECT_EQ(listener.bit_rate(), GetParam().bit_rate);
  EXPECT_EQ(listener.ecm(), GetParam().ecm);
  EXPECT_TRUE(listener.ended_by_dcn());
}

INSTANTIATE_TEST_SUITE_P(Audio, ListenedFax,
                         ::testing::Values(Case{"ecm_14400"}, Case{"no_ecm_9600", false, 9600},
                                           Case{"no_ecm_4800", false, 4800}, Case{"other_way", true, 9600, false},
                                           Case{"echo_at_minus_20_dB", true, 14400, true, 0.1},
                                           Case{"strong_echo", false, 9600, true, 0.25}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace sg::t38
