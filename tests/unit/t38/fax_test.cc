#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "t38/sdp.h"
#include "tests/unit/t38/fax_rig.h"

namespace sg::t38 {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;

struct Variant {
  std::string name;
  bool audio_side_sends = true;
  bool polls = false;  // who has no document calls
  bool ecm = true;
  int bit_rate = 14400;
  UdptlSender::Options udptl{};
  Network network{};
  int version = 0;
  Attributes declared{};  // by both sides, beside the version
  std::filesystem::path document = test_document("itu1.tif");
};
void PrintTo(const Variant& variant, std::ostream* out) {
  *out << variant.name;
}

struct Outcome {
  FaxResult sender;
  FaxResult receiver;
  std::vector<Page> sent;
  std::vector<Page> received;
};

FaxMachineOptions sender_options(const Variant& variant) {
  return {.calling = !variant.polls,
          .identity = "+33 1 2345",
          .header_info = {},
          .send_file = variant.document,
          .receive_file = {},
          .ecm = variant.ecm,
          .max_bit_rate = variant.bit_rate,
          .log_scope = "fax=sender"};
}
FaxMachineOptions receiver_options(const Variant& variant) {
  return {.calling = variant.polls,
          .identity = "+49 30 6789",
          .header_info = {},
          .send_file = {},
          .receive_file = received_file(),
          .ecm = variant.ecm,
          .max_bit_rate = variant.bit_rate,
          .log_scope = "fax=receiver"};
}

Outcome outcome(const FaxMachine& sender, const FaxMachine& receiver) {
  Outcome result{sender.result(), receiver.result(), read_tiff(test_document("itu1.tif")), read_tiff(received_file())};
  std::filesystem::remove(received_file());
  return result;
}

void expect_delivered(const Outcome& fax, const Variant& variant) {
  EXPECT_TRUE(fax.sender.success) << fax.sender.status_text;
  EXPECT_TRUE(fax.receiver.success) << fax.receiver.status_text;
  EXPECT_EQ(fax.sender.pages_sent, 1);
  EXPECT_EQ(fax.receiver.pages_received, 1);
  EXPECT_EQ(fax.sender.ecm, variant.ecm);
  EXPECT_EQ(fax.sender.bit_rate, variant.bit_rate);
  EXPECT_EQ(fax.receiver.far_identity, "+33 1 2345");
  ASSERT_EQ(fax.sent.size(), 1U);
  EXPECT_TRUE(fax.sent == fax.received) << "the page differs";
}

Params params_of(const Variant& variant) {
  Params params;
  params.version = variant.version;
  for (const auto& [attribute, value] : variant.declared) apply_attribute(params, attribute, value);
  return params;
}

GatewayOptions gateway_options(const Variant& variant) {
  return {.local = params_of(variant), .remote = params_of(variant), .ecm = true};
}

// What the peer declares binds who sends to it.
UdptlSender::Options udptl_of(const Variant& variant) {
  return variant.declared.empty() ? variant.udptl : UdptlSender::options_for(params_of(variant), 3);
}

// An audio fax machine behind a gateway, and a T.38 fax machine, with a network between.
class AudioToT38Rig {
 public:
  explicit AudioToT38Rig(const Variant& variant)
      : to_t38(udptl_of(variant), variant.network,
               [this](ByteView ifp, uint16_t seq) { EXPECT_TRUE(t38->receive_ifp(pass(ifp), seq)); }),
        to_gateway(udptl_of(variant), variant.network,
                   [this](ByteView ifp, uint16_t seq) { EXPECT_TRUE(gateway.gateway.rx_ifp(pass(ifp), seq)); }),
        gateway(gateway_options(variant)) {
    gateway.to_peer = &to_t38;
    auto sender = sender_options(variant);
    auto receiver = receiver_options(variant);
    audio = AudioFaxMachine::make(variant.audio_side_sends ? sender : receiver).value();
    t38 = T38FaxMachine::make(variant.audio_side_sends ? receiver : sender, params_of(variant), to_gateway).value();
  }

  void tick() {
    now += kTickTime;
    to_t38.advance_to(now);
    to_gateway.advance_to(now);
    std::array<int16_t, kTick> samples;
    audio->transmit(samples);
    for (int16_t& sample : samples) sample = static_cast<int16_t>(level * sample + noise * normal_(random_));
    gateway.gateway.rx_audio(samples);
    gateway.gateway.tx_audio(samples);
    audio->receive(samples);
    t38->advance(kTick);
  }
  bool has_seen(const std::string& frame) const {
    return std::ranges::any_of(gateway.events, [&](const FaxEvent& event) { return event.code.name() == frame; });
  }
  bool is_finished() const { return audio->is_finished() && t38->is_finished(); }
  void run(Duration limit = 300s) {
    for (TimePoint end = now + limit; now < end && !is_finished();) tick();
  }
  FaxMachine& sender(const Variant& variant) {
    return variant.audio_side_sends ? static_cast<FaxMachine&>(*audio) : *t38;
  }
  FaxMachine& receiver(const Variant& variant) {
    return variant.audio_side_sends ? static_cast<FaxMachine&>(*t38) : *audio;
  }

  TimePoint now;
  PacketPath to_t38;
  PacketPath to_gateway;
  GatewayUnderTest gateway;
  std::unique_ptr<AudioFaxMachine> audio;
  std::unique_ptr<T38FaxMachine> t38;
  // Of the line from the machine: its gain, and the root mean square of its noise.
  double level = 1, noise = 0;
  bool spoils_training = false;  // on its way over the network

 private:
  // Packets with so much data are of fast modems.
  ByteView pass(ByteView ifp) {
    if (!spoils_training || ifp.size() < 20) return ifp;
    spoilt_.assign(ifp.begin(), ifp.end());
    spoilt_.back() = static_cast<uint8_t>(~spoilt_.back());
    return spoilt_;
  }

  Bytes spoilt_;
  std::mt19937_64 random_{1};
  std::normal_distribution<double> normal_;
};

class Fax : public ::testing::TestWithParam<Variant> {};

TEST_P(Fax, ArrivesPixelIdenticalBetweenAudioAndT38) {
  const Variant& variant = GetParam();
  AudioToT38Rig rig(variant);

  rig.run();

  expect_delivered(outcome(rig.sender(variant), rig.receiver(variant)), variant);
  const GatewayStats stats = rig.gateway.gateway.stats();
  EXPECT_EQ(stats.pages, 1);
  EXPECT_EQ(stats.bit_rate, variant.bit_rate);
  EXPECT_EQ(stats.ecm, variant.ecm);
  EXPECT_TRUE(stats.ended_by_dcn);
  EXPECT_EQ(stats.ifps_refused, 0U);
  EXPECT_EQ(rig.to_t38.oversize(), 0U);
  EXPECT_EQ(rig.to_gateway.oversize(), 0U);
}

UdptlSender::Options fec(int span, int entries) {
  UdptlSender::Options options;
  options.error_correction = ErrorCorrection::Fec;
  options.fec_span = span;
  options.fec_entries = entries;
  return options;
}
// As Cisco's gateways have it.
Attributes small_receiver() {
  return {{"T38FaxMaxBuffer", "200"}, {"T38FaxMaxDatagram", "180"}};
}
UdptlSender::Options bare() {
  UdptlSender::Options options;
  options.error_correction = ErrorCorrection::None;
  return options;
}

INSTANTIATE_TEST_SUITE_P(
    Variants, Fax,
    ::testing::Values(
        Variant{.name = "audio_to_t38_ecm", .audio_side_sends = true, .ecm = true},
        Variant{.name = "t38_to_audio_ecm", .audio_side_sends = false, .ecm = true},
        Variant{.name = "audio_to_t38", .audio_side_sends = true, .ecm = false},
        Variant{.name = "t38_to_audio", .audio_side_sends = false, .ecm = false},
        Variant{.name = "audio_to_t38_version_3", .version = 3},
        Variant{.name = "t38_to_audio_version_3", .audio_side_sends = false, .version = 3},
        Variant{.name = "v29", .bit_rate = 9600},
        Variant{.name = "v27ter", .audio_side_sends = false, .bit_rate = 4800},
        Variant{.name = "audio_to_t38_small_receiver", .declared = small_receiver()},
        Variant{.name = "t38_to_audio_small_receiver", .audio_side_sends = false, .declared = small_receiver()},
        Variant{.name = "no_error_correction", .udptl = bare()},
        Variant{.name = "audio_to_t38_five_percent_loss", .network = {.loss = 0.05, .seed = 7}},
        Variant{
            .name = "t38_to_audio_five_percent_loss", .audio_side_sends = false, .network = {.loss = 0.05, .seed = 8}},
        Variant{.name = "audio_to_t38_fec", .udptl = fec(3, 3), .network = {.loss = 0.02, .seed = 9}},
        Variant{.name = "t38_to_audio_fec",
                .audio_side_sends = false,
                .udptl = fec(3, 3),
                .network = {.loss = 0.02, .seed = 10}},
        // T.30 5.3.6.1.1: after DTC it is the called machine that sends.
        Variant{.name = "audio_polled_by_t38", .polls = true},
        Variant{.name = "audio_polled_by_t38_plain", .polls = true, .ecm = false},
        Variant{.name = "audio_polled_by_t38_v29", .polls = true, .bit_rate = 9600},
        Variant{.name = "t38_polled_by_audio", .audio_side_sends = false, .polls = true},
        Variant{.name = "t38_polled_by_audio_plain", .audio_side_sends = false, .polls = true, .ecm = false},
        Variant{.name = "t38_polled_by_audio_v29", .audio_side_sends = false, .polls = true, .bit_rate = 9600},
        Variant{.name = "audio_to_t38_reordered", .udptl = bare(), .network = {.jitter = 45ms, .seed = 11}},
        Variant{.name = "t38_to_audio_reordered",
                .audio_side_sends = false,
                .udptl = bare(),
                .network = {.jitter = 45ms, .seed = 12}}),
    [](const auto& param_info) { return param_info.param.name; });

class FaxFromTheLine : public ::testing::TestWithParam<Variant> {};

// 26 dB below the machine: enough for V.17, but more than receivers take for silence by themselves.
TEST_P(FaxFromTheLine, ArrivesThroughNoise) {
  AudioToT38Rig rig(GetParam());
  rig.noise = 200;  // -38 dBm0
  rig.run();
  expect_delivered(outcome(rig.sender(GetParam()), rig.receiver(GetParam())), GetParam());
}

TEST_P(FaxFromTheLine, ArrivesThoughItIsQuiet) {
  AudioToT38Rig rig(GetParam());
  rig.level = 0.04;  // 28 dB down
  rig.run();
  expect_delivered(outcome(rig.sender(GetParam()), rig.receiver(GetParam())), GetParam());
}

// The first block of sound is the signal itself, and later the line is as silent as digital ones are.
TEST_P(FaxFromTheLine, ArrivesThoughTheLineWasLoudBefore) {
  AudioToT38Rig rig(GetParam());
  std::array<int16_t, kTick> loud;
  for (size_t i = 0; i < kTick; ++i) loud[i] = static_cast<int16_t>(i % 8 < 4 ? 20000 : -20000);
  rig.gateway.gateway.rx_audio(loud);
  rig.level = 0.1;
  rig.run();
  expect_delivered(outcome(rig.sender(GetParam()), rig.receiver(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Ways, FaxFromTheLine,
                         ::testing::Values(Variant{.name = "FromAudio"},
                                           Variant{.name = "ToAudio", .audio_side_sends = false},
                                           Variant{.name = "FromAudioAt9600", .bit_rate = 9600},
                                           Variant{.name = "FromAudioAt4800", .bit_rate = 4800}),
                         [](const auto& test) { return test.param.name; });

class FaxThatTrainsAgain : public ::testing::TestWithParam<Variant> {};

// SpanDSP's gateway passes FTT on and draws nothing from it: the next DCS must be enough.
TEST_P(FaxThatTrainsAgain, ArrivesAfterFtt) {
  AudioToT38Rig rig(GetParam());
  rig.spoils_training = true;
  while (!rig.has_seen("FTT") && !rig.is_finished()) rig.tick();
  rig.spoils_training = false;

  rig.run();

  ASSERT_TRUE(rig.has_seen("FTT"));
  const Outcome fax = outcome(rig.sender(GetParam()), rig.receiver(GetParam()));
  EXPECT_TRUE(fax.sender.success) << fax.sender.status_text;
  EXPECT_TRUE(fax.sent == fax.received) << "the page differs";
}

// A page of another resolution is announced by EOM, a new DCS and its training. The fast modem listens to that DCS: it
// is not to be taken for training (false_training.h).
class FaxOfTwoResolutions : public ::testing::TestWithParam<Variant> {};

TEST_P(FaxOfTwoResolutions, ArrivesWhole) {
  Variant variant = GetParam();
  variant.document = document_of_two_resolutions(test_document("itu1.tif"));
  AudioToT38Rig rig(variant);

  rig.run();

  EXPECT_TRUE(rig.has_seen(variant.ecm ? "PPS-EOM" : "EOM"));
  const Outcome fax = outcome(rig.sender(variant), rig.receiver(variant));
  EXPECT_TRUE(fax.sender.success) << fax.sender.status_text;
  EXPECT_EQ(rig.gateway.gateway.stats().pages, 2);
  ASSERT_EQ(fax.received.size(), 2U);
  EXPECT_TRUE(fax.sent[0] == fax.received[0]) << "the first page differs";
  EXPECT_TRUE(fax.sent[0] == fax.received[1]) << "the second page differs";
  std::filesystem::remove(variant.document);
}

const auto kWays = ::testing::Values(
    Variant{.name = "FromAudio"}, Variant{.name = "ToAudio", .audio_side_sends = false},
    Variant{.name = "FromAudioWithoutEcm", .ecm = false},
    Variant{.name = "ToAudioWithoutEcm", .audio_side_sends = false, .ecm = false},
    Variant{.name = "FromAudioAt9600", .bit_rate = 9600}, Variant{.name = "FromAudioAt4800", .bit_rate = 4800},
    Variant{.name = "ToAudioAt9600", .audio_side_sends = false, .bit_rate = 9600});
INSTANTIATE_TEST_SUITE_P(Ways, FaxThatTrainsAgain, kWays, [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(Ways, FaxOfTwoResolutions, kWays, [](const auto& test) { return test.param.name; });

TEST(FaxGateways, BackToBackCarryAFaxFromAudioToAudio) {
  const Variant variant{.name = "back_to_back"};
  GatewayUnderTest near(gateway_options(variant));
  GatewayUnderTest far(gateway_options(variant));
  PacketPath there(variant.udptl, variant.network, [&](ByteView ifp, uint16_t seq) { far.gateway.rx_ifp(ifp, seq); });
  PacketPath back(variant.udptl, variant.network, [&](ByteView ifp, uint16_t seq) { near.gateway.rx_ifp(ifp, seq); });
  near.to_peer = &there;
  far.to_peer = &back;
  auto sender = AudioFaxMachine::make(sender_options(variant)).value();
  auto receiver = AudioFaxMachine::make(receiver_options(variant)).value();

  TimePoint now;
  for (int tick = 0; tick < 300 * 50 && !(sender->is_finished() && receiver->is_finished()); ++tick) {
    now += kTickTime;
    there.advance_to(now);
    back.advance_to(now);
    std::array<int16_t, kTick> samples;
    sender->transmit(samples);
    near.gateway.rx_audio(samples);
    near.gateway.tx_audio(samples);
    sender->receive(samples);
    receiver->transmit(samples);
    far.gateway.rx_audio(samples);
    far.gateway.tx_audio(samples);
    receiver->receive(samples);
  }

  expect_delivered(outcome(*sender, *receiver), variant);
}

TEST(FaxGateways, TellTheTimelineOfAFax) {
  const Variant variant{.name = "timeline"};
  AudioToT38Rig rig(variant);

  rig.run();

  std::filesystem::remove(received_file());
  std::vector<std::string> told;
  for (const FaxEvent& event : rig.gateway.events) {
    told.push_back((event.direction == Direction::ToT38 ? "> " : "< ") + describe(event));
  }
  const std::vector<std::string> expected = {"< CSI +49 30 6789",
                                             "< DIS",
                                             "> TSI +33 1 2345",
                                             "> DCS 14400 bit/s ECM",
                                             "> training 14400 bit/s",
                                             "< CFR",
                                             "> training 14400 bit/s",
                                             "> page started",
                                             "> PPS-EOP",
                                             "< MCF",
                                             "< page ended",
                                             "> DCN",
                                             "> ended"};
  auto next = expected.begin();
  for (const std::string& each : told) {
    if (next != expected.end() && each == *next) ++next;
  }
  EXPECT_EQ(next, expected.end()) << "not told, or too late: " << *next << " of " << ::testing::PrintToString(told);
}

TEST(FaxGateways, KeepTheLineFilledWhenThePeerFallsSilentInMidPage) {
  const Variant variant{.name = "stalled", .audio_side_sends = false};
  AudioToT38Rig rig(variant);
  auto page_has_begun = [&] {
    return std::any_of(rig.gateway.events.begin(), rig.gateway.events.end(),
                       [](const FaxEvent& event) { return event.kind == FaxEvent::Kind::PageStarted; });
  };
  while (!page_has_begun() && rig.now < TimePoint{} + 60s) rig.tick();
  ASSERT_TRUE(page_has_begun());

  rig.to_gateway.cut();
  rig.run(200s);

  // Both machines give up by T.30's own timers; the gateway neither hangs nor ends the call: that is its owner's
  // watchdog.
  EXPECT_TRUE(rig.is_finished());
  EXPECT_FALSE(rig.audio->result().success);
  EXPECT_FALSE(rig.t38->result().success);
  std::filesystem::remove(received_file());
}

bool has_sound(Gateway& gateway) {
  std::vector<int16_t> block(kTick);
  gateway.tx_audio(block);
  return std::ranges::any_of(block, [](int16_t sample) { return sample != 0; });
}
// A V.21 frame without its end, as it comes after the indicator.
const std::vector<Bytes> kMcf = {{0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0x8C}, {0xC0, 1, 0x20}};

TEST(FaxGateways, SpeakThoughTheIndicatorWasLost) {
  GatewayUnderTest side(GatewayOptions{});
  uint16_t sequence = 7;
  for (const Bytes& ifp : kMcf) side.gateway.rx_ifp(ifp, sequence++);

  int blocks = 0;
  for (int i = 0; i < 100; ++i) blocks += has_sound(side.gateway);

  EXPECT_GT(blocks, 40) << "the preamble and the frame";
  EXPECT_EQ(side.gateway.stats().ifps_missing, 0U);
}

struct ReplacedSignal {
  const char* name;
  std::vector<Bytes> ifps;
};

// No end of signal comes, or nothing that it would be the end of.
TEST(FaxGateways, StopWhatAnIndicatorReplaces) {
  const Bytes silence{0x00}, preamble{0x06}, v17{0x1E}, v29{0x0E}, v27ter{0x0A};
  const Bytes dcs_ecm{0xC0, 2, 0x80, 0, 6, 0xFF, 0xC8, 0xC1, 0x00, 0x44, 0x00, 0x20, 0x40};
  const Bytes cfr{0xC0, 2, 0x80, 0, 2, 0xFF, 0xC8, 0xA1, 0x40};
  const ReplacedSignal rows[] = {
      {"CNG", {{0x02}, silence}},
      {"CED", {{0x04}, silence}},
      {"preamble without a frame", {preamble, silence}},
      {"training without a check", {v29, silence}},
      {"training of which only the end comes", {v17, {0xD0, 1, 0x70}, silence}},
      {"another training in its place", {v29, v27ter, silence}},
      {"training of a page that does not come", {preamble, dcs_ecm, silence, preamble, cfr, silence, v17, silence}},
      {"the same, and its end", {preamble, dcs_ecm, silence, preamble, cfr, silence, v17, {0xD0, 1, 0x10}, silence}},
  };
  for (const ReplacedSignal& row : rows) {
    GatewayUnderTest side(GatewayOptions{});
    uint16_t sequence = 0;
    bool was_heard = false;
    for (const Bytes& ifp : row.ifps) {
      side.gateway.rx_ifp(ifp, sequence++);
      for (int i = 0; i < 60; ++i) was_heard |= has_sound(side.gateway);
    }
    for (int i = 0; i < 100; ++i) has_sound(side.gateway);

    EXPECT_TRUE(was_heard) << row.name;
    EXPECT_FALSE(has_sound(side.gateway)) << row.name;
  }
}

TEST(FaxGateways, StopTheCarrierThoughItsEndWasLost) {
  GatewayUnderTest side(GatewayOptions{});
  side.gateway.rx_ifp(Bytes{0x06}, 0);
  uint16_t sequence = 1;
  for (const Bytes& ifp : kMcf) side.gateway.rx_ifp(ifp, sequence++);

  bool was_heard = false;
  for (int i = 0; i < 150; ++i) was_heard |= has_sound(side.gateway);

  EXPECT_TRUE(was_heard);
  EXPECT_FALSE(has_sound(side.gateway));
}

TEST(FaxGateways, SendNoFrameOfWhichTheEndWasLost) {
  GatewayUnderTest side(GatewayOptions{});
  Result<std::unique_ptr<AudioFaxMachine>> machine =
      AudioFaxMachine::make({.calling = true, .send_file = test_document("itu1.tif")});
  // A DIS that breaks off. SpanDSP by itself would send it with a right FCS, and the machine would answer.
  side.gateway.rx_ifp(Bytes{0x06}, 0);
  side.gateway.rx_ifp(Bytes{0xC0, 1, 0x80, 0, 9, 0xFF, 0xC8, 0x01, 0x00, 0x77, 0x5F, 0x23, 0x01, 0xA9, 0x81}, 1);

  std::vector<int16_t> block(kTick);
  for (int i = 0; i < 250; ++i) {
    side.gateway.tx_audio(block);
    (*machine)->receive(block);
    (*machine)->transmit(block);
  }

  EXPECT_EQ((*machine)->progress().phase, "calling");
}

// The tone of V.21's zeros is a carrier that never ends, before which SpanDSP says nothing, its goodbye neither.
TEST(AudioFaxMachines, EndThoughASignalOnTheLineDoesNot) {
  Result<std::unique_ptr<AudioFaxMachine>> machine =
      AudioFaxMachine::make({.calling = false, .receive_file = received_file()});
  constexpr int kFrequency = 1850, kRate = 8000, kBlocksOfTwoMinutes = 6000;
  std::vector<int16_t> block(kTick);
  int64_t at = 0;
  int blocks = 0;
  for (; blocks < kBlocksOfTwoMinutes && !(*machine)->is_finished(); ++blocks) {
    for (int16_t& sample : block) {
      sample = static_cast<int16_t>(8000 * std::sin(2 * M_PI * kFrequency * static_cast<double>(at++) / kRate));
    }
    (*machine)->receive(block);
    (*machine)->transmit(block);
  }

  EXPECT_TRUE((*machine)->is_finished());
  EXPECT_FALSE((*machine)->result().success);
}

// A peer that answers each command in turn, once the machine has paused, and then no more.
struct TerseT38Peer final : IfpSink {
  void on_ifp(ByteView ifp, int) override {
    silence = 0ms;
    is_asked |= (ifp[0] & 0x40) != 0;  // data, and no indicator
  }

  void say(T38FaxMachine& machine, Bytes frame) {
    // T.38 carries the bits of HDLC in the order of the line.
    for (uint8_t& octet : frame) {
      uint8_t reversed = 0;
      for (int bit = 0; bit < 8; ++bit) reversed = static_cast<uint8_t>(reversed | ((octet >> bit & 1) << (7 - bit)));
      octet = reversed;
    }
    Bytes data{0xC0, 0x01, 0x80, 0x00, static_cast<uint8_t>(frame.size() - 1)};
    data.insert(data.end(), frame.begin(), frame.end());
    for (const Bytes& ifp : {Bytes{0x06}, data, Bytes{0xC0, 0x01, 0x20}, Bytes{0xC0, 0x01, 0x10}, Bytes{0x00}}) {
      machine.receive_ifp(ifp, sequence++);
    }
  }

  Duration silence{};
  bool is_asked = true;  // DIS comes unasked
  uint16_t sequence = 0;
};

// SpanDSP has no timer for a CTC that nobody answers.
TEST(T38FaxMachines, EndThoughTheirCtcIsNeverAnswered) {
  TerseT38Peer peer;
  auto machine = T38FaxMachine::make({.calling = true, .send_file = test_document("itu1.tif")}, Params{}, peer);
  ASSERT_TRUE(machine);
  Bytes ppr{0xff, 0x13, 0xbc, 0x01};
  ppr.resize(3 + 32);
  const Bytes dis{0xff, 0x13, 0x80, 0x00, 0xce, 0xfa, 0x84, 0x80, 0x97, 0x80, 0x80, 0x80, 0x18}, cfr{0xff, 0x13, 0x84};
  std::queue<Bytes> answers({dis, cfr, ppr, ppr, ppr, ppr});
  Duration time{};

  for (; time < 10min && !(*machine)->is_finished(); time += kTickTime) {
    (*machine)->advance(kTick);
    peer.silence += kTickTime;
    if (!peer.is_asked || peer.silence < 500ms || answers.empty()) continue;
    peer.say(**machine, answers.front());
    answers.pop();
    peer.is_asked = false;
  }

  EXPECT_TRUE(answers.empty());
  EXPECT_TRUE((*machine)->is_finished());
  EXPECT_EQ((*machine)->progress().phase, "finished");
  EXPECT_EQ((*machine)->result().status_text, "No frame of T.30 for too long");
}

// What a gateway tells its peer, as IFPs.
struct ToldPeer final : IfpSink {
  void on_ifp(ByteView ifp, int) override { told.emplace_back(ifp.begin(), ifp.end()); }
  std::vector<Bytes> told;
};

// A machine on the line of a gateway.
struct Line {
  explicit Line(FaxMachineOptions options) : machine(AudioFaxMachine::make(options).value()) { side.to_peer = &peer; }
  void tick() {
    std::array<int16_t, kTick> samples;
    machine->transmit(samples);
    side.gateway.rx_audio(samples);
    side.gateway.tx_audio(samples);
    machine->receive(samples);
  }
  bool has_told(const Bytes& ifp) const { return std::ranges::find(peer.told, ifp) != peer.told.end(); }
  bool has_seen(FaxEvent::Kind kind) const {
    return std::ranges::any_of(side.events, [&](const FaxEvent& event) { return event.kind == kind; });
  }
  void hear(const Bytes& ifp) { side.gateway.rx_ifp(ifp, sequence++); }

  ToldPeer peer;
  GatewayUnderTest side{GatewayOptions{}};
  std::unique_ptr<AudioFaxMachine> machine;
  uint16_t sequence = 0;
};
const Bytes kNoSignal{0x00}, kCng{0x02}, kCed{0x04}, kPreamble{0x06};

struct LateTone {
  const char* name;
  Bytes tone;
  int before_ms;  // the answer's preamble; negative: after its beginning
};

// The tone comes in T.38 once the line's machine has begun its answer, or shortly before, and DCS after it.
TEST(FaxGateways, HaveEachIndicatorReplaceTheOneBefore) {
  const LateTone rows[] = {{"CNG during the preamble", kCng, -300},
                           {"CNG before it", kCng, 200},
                           {"CNG long before it", kCng, 3000},
                           {"CED before it", kCed, 200}};
  for (const LateTone& row : rows) {
    Line line({.calling = false, .receive_file = received_file(), .says_once = true});
    int to_tone =
        150 - row.before_ms / 20;  // the machine says CED for 2.6 s, and begins the preamble 3 s after the call
    for (int i = 0; i < 500; ++i) {
      if (--to_tone == 0) line.hear(row.tone);
      line.tick();
      if (line.has_told(kPreamble) && line.peer.told.back() == kNoSignal) break;  // DIS has come whole
    }
    ASSERT_TRUE(line.has_told(kPreamble)) << row.name;

    line.hear(kNoSignal);
    line.hear(kPreamble);
    for (int i = 0; i < 50; ++i) line.tick();
    line.hear({0xC0, 2, 0x80, 0, 6, 0xFF, 0xC8, 0xC1, 0x00, 0x50, 0x00, 0x00, 0x40});  // DCS, 4800 bit/s
    for (int i = 0; i < 50; ++i) line.tick();

    EXPECT_EQ(line.machine->progress().bit_rate, 4800) << row.name << ": DCS was heard";
    line.machine.reset();
    std::filesystem::remove(received_file());
  }
}

// T.30 frames of a calling machine, and then nothing.
TEST(FaxGateways, TakeBackATrainingThatDoesNotCome) {
  for (int bit_rate : {14400, 9600, 4800}) {
    Line line({.calling = true,
               .send_file = test_document("itu1.tif"),
               .max_bit_rate = bit_rate,
               .says_once = true,
               .silent_trainings = 1});
    line.hear(kPreamble);
    for (int i = 0; i < 50; ++i) line.tick();
    line.hear({0xC0, 2, 0x80, 0, 5, 0xFF, 0xC8, 0x01, 0x00, 0x76, 0x1E, 0x40});  // DIS: all modems
    line.hear(kNoSignal);
    auto trains = [&] {
      auto packet = parse_ifp(line.peer.told.empty() ? kNoSignal : line.peer.told.back(), 0);
      return trained_rate(packet.ifp).has_value();
    };
    for (int i = 0; i < 400 && !trains(); ++i) line.tick();
    ASSERT_TRUE(trains()) << bit_rate;
    const size_t told = line.peer.told.size();

    for (int i = 0; i < 50; ++i) line.tick();

    ASSERT_EQ(line.peer.told.size(), told + 2) << bit_rate;
    const IfpResult end = parse_ifp(line.peer.told[told], 0);
    EXPECT_TRUE(end.ifp.ends_signal && !end.ifp.is_hdlc) << bit_rate;
    EXPECT_EQ(line.peer.told.back(), kNoSignal) << bit_rate;
    EXPECT_FALSE(line.has_seen(FaxEvent::Kind::Training)) << bit_rate << ": nobody trained";
  }
}

class PolledFax : public ::testing::TestWithParam<Variant> {};

// The same the other way: the T.38 side trains in words only.
TEST(FaxGateways, HaveTheLineSayFttToATrainingThatIsOnlyAnnounced) {
  for (const Bytes& training : {Bytes{0x1E}, Bytes{0x0E}, Bytes{0x0A}}) {  // V.17, V.29, V.27ter
    Line line({.calling = false, .receive_file = received_file()});
    auto has_seen = [&](const std::string& frame) {
      return std::ranges::any_of(line.side.events, [&](const FaxEvent& event) { return event.code.name() == frame; });
    };
    for (int i = 0; i < 500 && !(has_seen("DIS") && line.peer.told.back() == kNoSignal); ++i) line.tick();
    const uint8_t speed = training[0] == 0x1E ? 0x44 : training[0] == 0x0E ? 0x60 : 0x50;
    line.hear(kPreamble);
    for (int i = 0; i < 50; ++i) line.tick();
    line.hear({0xC0, 2, 0x80, 0, 6, 0xFF, 0xC8, 0xC1, 0x00, speed, 0x00, 0x00, 0x40});
    line.hear(kNoSignal);
    line.hear(training);
    for (int i = 0; i < 400; ++i) line.tick();

    EXPECT_TRUE(has_seen("FTT")) << ::testing::PrintToString(training);
    line.machine.reset();
    std::filesystem::remove(received_file());
  }
}

// The sender follows DTC, as who sends else follows DIS.
TEST_P(PolledFax, KeepsToWhatTheGatewayAllows) {
  Variant variant = GetParam();
  AudioToT38Rig rig(variant);
  rig.gateway.gateway.change({.ecm = false, .max_bit_rate = 9600});

  rig.run();

  variant.ecm = false;
  variant.bit_rate = 9600;
  expect_delivered(outcome(rig.sender(variant), rig.receiver(variant)), variant);
}

INSTANTIATE_TEST_SUITE_P(Ways, PolledFax,
                         ::testing::Values(Variant{.name = "FromAudio", .polls = true},
                                           Variant{.name = "ToAudio", .audio_side_sends = false, .polls = true}),
                         [](const auto& test) { return test.param.name; });

// It asks the other machine to send and train; nobody trains after it.
TEST(FaxGateways, AnnounceNoTrainingAfterDtc) {
  Line line({.calling = true, .receive_file = received_file()});
  line.hear(kPreamble);
  for (int i = 0; i < 50; ++i) line.tick();
  line.hear({0xC0, 2, 0x80, 0, 5, 0xFF, 0xC8, 0x01, 0x00, 0xF6, 0x1E, 0x40});  // DIS: all modems, and a document
  line.hear(kNoSignal);
  for (int i = 0; i < 400; ++i) line.tick();

  EXPECT_TRUE(
      std::ranges::any_of(line.side.events, [](const FaxEvent& event) { return event.code.kind == fcf::kDtc; }));
  for (const Bytes& ifp : line.peer.told) EXPECT_FALSE(trained_rate(parse_ifp(ifp, 0).ifp));
  line.machine.reset();
  std::filesystem::remove(received_file());
}

TEST(FaxMachines, RefuseADocumentThatIsMissingOrNoTiff) {
  const auto text = std::filesystem::temp_directory_path() / ("t38_text_" + std::to_string(::getpid()) + ".tif");
  std::ofstream(text) << "not an image";

  auto missing = AudioFaxMachine::make({.calling = true, .send_file = "/nowhere/page.tif"});
  auto no_tiff = AudioFaxMachine::make({.calling = true, .send_file = text});
  auto no_place = AudioFaxMachine::make({.receive_file = "/nowhere/page.tif"});

  EXPECT_EQ(missing.error().message, "/nowhere/page.tif: no such file");
  EXPECT_THAT(no_tiff.error().message, ::testing::EndsWith(": not a TIFF that can be read"));
  EXPECT_EQ(no_place.error().message, "/nowhere/page.tif: cannot be written");
  std::filesystem::remove(text);
}

TEST(FaxMachines, AreDoneOnceTheEndOfTheProcedureIsConfirmed) {
  AudioToT38Rig rig({.name = "", .document = test_document("itu1-3.tif")});

  while (!rig.has_seen("PPS-MPS")) rig.tick();
  EXPECT_FALSE(rig.audio->is_done() || rig.t38->is_done());
  while (!rig.audio->is_done() || !rig.t38->is_done()) rig.tick();

  EXPECT_EQ(rig.t38->result().pages_received, 3);
  EXPECT_FALSE(rig.audio->is_finished()) << "its goodbye is yet to be said";
  std::filesystem::remove(received_file());
}

TEST(FaxMachines, LeaveTheDocumentThatIsThereAloneUntilAPageComes) {
  const Variant variant;
  AudioToT38Rig rig(variant);
  rig.run();

  { auto next_of_the_call = AudioFaxMachine::make(receiver_options(variant)).value(); }

  expect_delivered(outcome(*rig.audio, *rig.t38), variant);
}

TEST(FaxMachines, ThatAreHungUpFinishWithoutSuccess) {
  auto machine = AudioFaxMachine::make({.calling = true, .send_file = test_document("itu1.tif")}).value();
  std::array<int16_t, kTick> samples{};
  machine->transmit(samples);

  machine->hang_up();

  EXPECT_TRUE(machine->is_finished());
  EXPECT_FALSE(machine->result().success);
}

}  // namespace
}  // namespace sg::t38
