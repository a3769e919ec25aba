#include <array>

#include "media/codec/g711.h"
#include "media/rtp/packet.h"
#include "media/rtp/telephone_event.h"
#include "media/tone/dtmf_detector.h"
#include "media/tone/tone_generator.h"
#include "tests/unit/media/service_fixture.h"

// Every form in which a digit comes in, towards every form in which it can go out: it arrives once, in one form.
namespace sg::media {
namespace {

using tdm::Law;

enum class From : uint8_t { Event, Tone, Signalling, Line };  // RFC 4733, in band on SIP, INFO, in band on a timeslot
// A SIP peer that takes RFC 4733, one that does not, one that is told by INFO.
enum class To : uint8_t { Event, Tone, Line, Info };

struct Row {
  const char* name;
  From from;
  To to;
};

class Digits : public ServiceFixture, public ::testing::WithParamInterface<Row> {
 protected:
  void SetUp() override {
    session = service().open({});
    // Where there is no timeslot the clock is the worker's own timer.
    if (GetParam().from == From::Line) {
      far_in = far_end(1);
      service().add_bearer(session, Side::A, {1, 1});
    } else {
      in = add_peer(Side::A, caller, GetParam().from == From::Event);
    }
    if (GetParam().to == To::Line) {
      far_out = far_end(2);
      service().add_bearer(session, Side::B, {1, 2});
    } else {
      add_peer(Side::B, called, GetParam().to == To::Event, GetParam().to == To::Info);
    }
    service().set_bridging(session, Bridging::Both);
    settle(session);
  }
  SocketAddress add_peer(Side side, UdpPeer& peer, bool takes_events, bool is_told_by_info = false) {
    auto local = service().add_ip(session, side, "127.0.0.1").value();
    RtpSettings settings;
    settings.remote = peer.address();
    if (takes_events) settings.telephone_event = 101;
    settings.digits_by_signalling = is_told_by_info;
    service().use_rtp(session, side, settings);
    return local;
  }
  bool has_timeslot() const { return far_in || far_out; }

  void block(size_t number) {
    send(number);
    if (has_timeslot()) {
      step(session);
    } else {
      loop.step(0ms);
      while (std::chrono::steady_clock::now() < begin + (number + 1) * 20ms) loop.step(1ms);
    }
    hear();
  }
  // A digit of 100 ms after 200 ms of silence.
  void send(size_t number) {
    if (number == 10) digit.play_digit('5', 100ms);
    if (GetParam().from == From::Signalling && number == 10) service().send_digit(session, Side::B, '5', 100ms);
    if (GetParam().from == From::Event && number == 10) {
      ASSERT_TRUE(events_out.send('5', 100ms));
    }
    std::array<int16_t, kBlock> linear{};
    bool is_in_band = GetParam().from == From::Tone || GetParam().from == From::Line;
    if (is_in_band && digit.is_playing()) digit.generate(linear);
    Bytes octets(kBlock);
    g711::encode(Law::A, linear, octets);
    if (far_in) {
      ASSERT_TRUE(far_in->write(octets).value());
      return;
    }
    auto event = events_out.next(timestamp, kBlock);
    Bytes datagram(rtp::kHeaderOctets);
    rtp::write_header({.marker = event && event->marker,
                       .payload_type = static_cast<uint8_t>(event ? 101 : 8),
                       .sequence = sequence++,
                       .timestamp = event ? event->timestamp : timestamp,
                       .ssrc = 77},
                      std::span(datagram).first<rtp::kHeaderOctets>());
    if (event) octets.assign(event->payload.begin(), event->payload.end());
    datagram.insert(datagram.end(), octets.begin(), octets.end());
    caller.send(in, datagram);
    timestamp += kBlock;
  }
  void hear() {
    Bytes octets(kBlock);
    if (far_in) {
      while (far_in->read(octets).value()) continue;
    }
    while (far_out && far_out->read(octets).value()) hear_audio(octets);
    for (const Bytes& datagram : called.receive()) {
      auto packet = rtp::Packet::parse(datagram);
      ASSERT_TRUE(packet);
      if (packet->payload_type == 8) {
        hear_audio(packet->payload);
      } else if (auto event = rtp::TelephoneEvent::parse(packet->payload)) {
        if (auto heard = receiver.on_packet(*event, packet->timestamp, loop.now())) by_event += *heard;
      }
    }
  }
  void hear_audio(ByteView octets) {
    std::vector<int16_t> linear(octets.size());
    g711::decode(Law::A, octets, linear);
    if (auto heard = detector.feed(linear)) by_tone += *heard;
  }

  SessionId session;
  UdpPeer caller, called;
  SocketAddress in;
  std::unique_ptr<tdm::Bearer> far_in, far_out;
  ToneGenerator digit;
  rtp::EventSender events_out;
  rtp::EventReceiver receiver;
  DtmfDetector detector;
  uint16_t sequence = 1;
  uint32_t timestamp = 0;
  std::string by_event, by_tone;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
};

TEST_P(Digits, ArriveOnceAndInOneForm) {
  for (size_t i = 0; i < 60; ++i) block(i);

  // By INFO the call tells it; a tone that is in the voice stays there.
  bool is_told = GetParam().to == To::Info,
       is_in_voice = GetParam().from == From::Tone || GetParam().from == From::Line;
  EXPECT_EQ(by_event, GetParam().to == To::Event ? "5" : "");
  EXPECT_EQ(by_tone, GetParam().to == To::Event || (is_told && !is_in_voice) ? "" : "5");
  if (!is_told || GetParam().from == From::Signalling) return;
  auto told = heard<DigitHeard>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told.front().digit, '5');
  EXPECT_EQ(told.front().side, Side::A);
}

INSTANTIATE_TEST_SUITE_P(
    EachWay, Digits,
    ::testing::Values(Row{"EventToEvent", From::Event, To::Event}, Row{"EventToTone", From::Event, To::Tone},
                      Row{"EventToLine", From::Event, To::Line}, Row{"ToneToEvent", From::Tone, To::Event},
                      Row{"ToneToTone", From::Tone, To::Tone}, Row{"ToneToLine", From::Tone, To::Line},
                      Row{"InfoToEvent", From::Signalling, To::Event}, Row{"InfoToTone", From::Signalling, To::Tone},
                      Row{"InfoToLine", From::Signalling, To::Line}, Row{"LineToEvent", From::Line, To::Event},
                      Row{"LineToTone", From::Line, To::Tone}, Row{"LineToLine", From::Line, To::Line},
                      Row{"EventToInfo", From::Event, To::Info}, Row{"ToneToInfo", From::Tone, To::Info},
                      Row{"LineToInfo", From::Line, To::Info}, Row{"InfoToInfo", From::Signalling, To::Info}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sg::media
