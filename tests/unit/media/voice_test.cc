#include <algorithm>
#include <array>
#include <cmath>

#include "media/codec/g711.h"
#include "media/rtp/packet.h"
#include "media/rtp/redundancy.h"
#include "media/rtp/rtcp_packet.h"
#include "media/rtp/telephone_event.h"
#include "media/tone/dtmf_detector.h"
#include "media/tone/tone_generator.h"
#include "tests/unit/media/service_fixture.h"

namespace sg::media {
namespace {

using tdm::Law;

// A call between a SIP peer (side A) and a timeslot (side B).
class VoiceCall : public ServiceFixture {
 protected:
  void start(const std::function<void(RtpSettings&)>& adjust = {}, Profile profile = Profile::Voice) {
    far = far_end(1);
    session = service().open({});
    gateway = service().add_ip(session, Side::A, "127.0.0.1").value();
    RtpSettings settings;
    settings.remote = peer.address();
    if (adjust) adjust(settings);
    service().set_profile(session, profile);
    service().use_rtp(session, Side::A, settings);
    service().add_bearer(session, Side::B, {1, 1});
    service().set_bridging(session, Bridging::Both);
    settle(session);
  }

  // Another span, and nothing of the call before.
  void restart(SpanType type) {
    far.reset();
    stop_service();
    span_type = type;
    packets.clear();
    payloads.clear();
    audio.clear();
    peer = UdpPeer();
  }

  void send_audio(ByteView octets, uint8_t payload_type = 8) {
    Bytes datagram(rtp::kHeaderOctets);
    rtp::write_header({.payload_type = payload_type, .sequence = sequence++, .timestamp = timestamp, .ssrc = 77},
                      std::span(datagram).first<rtp::kHeaderOctets>());
    datagram.insert(datagram.end(), octets.begin(), octets.end());
    timestamp += static_cast<uint32_t>(octets.size());
    peer.send(gateway, datagram);
  }

  // Octets of one block, different from block to block and never idle.
  static Bytes pattern(size_t block) {
    Bytes octets(kBlock);
    for (size_t i = 0; i < kBlock; ++i) octets[i] = static_cast<uint8_t>((block * 31 + i * 7) % 0xd0);
    return octets;
  }

  // One block each way: what the far end says goes in, what it hears comes back.
  Bytes exchange(ByteView said) {
    EXPECT_TRUE(far->write(said).value());
    step(session);
    Bytes heard_there(kBlock);
    EXPECT_TRUE(far->read(heard_there).value());
    return heard_there;
  }
  void collect_packets() {
    for (const Bytes& datagram : peer.receive()) {
      auto packet = rtp::Packet::parse(datagram);
      ASSERT_TRUE(packet);
      packets.push_back(*packet);
      packets.back().payload = {};
      payloads.emplace_back(packet->payload.begin(), packet->payload.end());
      audio.insert(audio.end(), packet->payload.begin(), packet->payload.end());
    }
  }
  static bool contains(const Bytes& all, const Bytes& part) { return !std::ranges::search(all, part).empty(); }

  UdpPeer peer;
  std::unique_ptr<tdm::Bearer> far;
  SessionId session;
  SocketAddress gateway;
  uint16_t sequence = 100;
  uint32_t timestamp = 5000;
  std::vector<rtp::Packet> packets;
  std::vector<Bytes> payloads;
  Bytes audio;
};

// No gain, no silence suppression, no canceller of ours: also once the call is a fax.
TEST_F(VoiceCall, TimeslotToRtpPassesEveryOctetUntouchedWhenTheLawsAreTheSame) {
  start();
  Bytes said;

  for (size_t i = 0; i < 50; ++i) {
    if (i == 25) service().set_profile(session, Profile::Fax);
    Bytes block = pattern(i);
    said.insert(said.end(), block.begin(), block.end());
    exchange(block);
    collect_packets();
  }

  ASSERT_EQ(packets.size(), 50u);
  EXPECT_EQ(audio, said);
  for (size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].timestamp - packets[i - 1].timestamp, kBlock) << "timestamps count octets of the line";
    EXPECT_EQ(static_cast<uint16_t>(packets[i].sequence - packets[i - 1].sequence), 1);
  }
}

TEST_F(VoiceCall, RtpToTimeslotPassesEveryOctetUntouchedInTheFaxProfile) {
  start({}, Profile::Fax);
  Bytes said, heard_there;

  for (size_t i = 0; i < 60; ++i) {
    Bytes block = i < 50 ? pattern(i) : Bytes(kBlock, 0xd5);
    if (i < 50) said.insert(said.end(), block.begin(), block.end());
    send_audio(block);
    Bytes block_there = exchange(Bytes(kBlock, 0xd5));
    heard_there.insert(heard_there.end(), block_there.begin(), block_there.end());
  }

  EXPECT_TRUE(contains(heard_there, said));
}

// CLEARMODE (RFC 4040): the law of the span is nothing to data, and neither tone nor digit is heard or made in them.
TEST_F(VoiceCall, DataPassUntouchedWhateverTheLawOfTheSpan) {
  for (auto type : {SpanType::E1, SpanType::T1}) {
    SCOPED_TRACE(type == SpanType::E1 ? "A-law" : "mu-law");
    restart(type);
    start(
        [](RtpSettings& settings) {
          settings.codec = {CodecId::Pcmu, 97};
          settings.own_codecs = {settings.codec};
        },
        Profile::Data);
    service().play(session, Side::B, Tone::Ringback, tdm::default_tone_zone());
    service().send_digit(session, Side::B, '5', 100ms);
    Bytes said, heard_there;

    for (size_t i = 0; i < 60; ++i) {
      Bytes block(kBlock);
      for (size_t n = 0; n < kBlock; ++n) block[n] = static_cast<uint8_t>((i * kBlock + n) * 167 >> 3);
      if (i < 50) said.insert(said.end(), block.begin(), block.end());
      if (i < 50) send_audio(block, 97);
      Bytes block_there = exchange(block);
      heard_there.insert(heard_there.end(), block_there.begin(), block_there.end());
      collect_packets();
    }

    EXPECT_TRUE(contains(heard_there, said));
    EXPECT_TRUE(contains(audio, said));
    EXPECT_EQ(heard_there.back(), 0xff) << "what never came is idle, not made up";
    EXPECT_EQ(heard_there[0], 0xff);
    EXPECT_EQ(packets.back().payload_type, 97);
    EXPECT_TRUE(heard<ToneHeard>().empty());
    EXPECT_TRUE(heard<DigitHeard>().empty());
  }
}

TEST_F(VoiceCall, LostPacketsAreFilledInByTheRedundancyOfThoseAfterThem) {
  start([](RtpSettings& settings) { settings.redundancy = 121; }, Profile::Fax);
  rtp::RedundancyWriter writer;
  Bytes said, heard_there;

  for (size_t i = 0; i < 60; ++i) {
    Bytes block = i < 50 ? pattern(i) : Bytes(kBlock, 0xd5);
    if (i < 50) said.insert(said.end(), block.begin(), block.end());
    auto written = writer.write(8, timestamp, block, 2);
    if (i % 7 == 3 || i % 7 == 4) {
      ++sequence;
      timestamp += kBlock;
    } else {
      uint32_t next = timestamp + kBlock;
      send_audio(written, 121);
      timestamp = next;
    }
    Bytes block_there = exchange(Bytes(kBlock, 0xd5));
    heard_there.insert(heard_there.end(), block_there.begin(), block_there.end());
  }

  EXPECT_TRUE(contains(heard_there, said));
}

TEST_F(VoiceCall, EchoIsCancelledUntilTheCallIsAFax) {
  start();
  EXPECT_TRUE(span().cancels_echo(tdm::SpanPair::End::A, 1));

  service().set_profile(session, Profile::Fax);
  settle(session);

  EXPECT_FALSE(span().cancels_echo(tdm::SpanPair::End::A, 1));
}

TEST_F(VoiceCall, EchoIsNeverCancelledOnAFaxLine) {
  start({}, Profile::Fax);

  EXPECT_FALSE(span().cancels_echo(tdm::SpanPair::End::A, 1));
}

TEST_F(VoiceCall, RedundancyIsSentInTheFaxProfileOnly) {
  start([](RtpSettings& settings) { settings.redundancy = 121; });

  for (size_t i = 0; i < 5; ++i) exchange(pattern(i));
  service().set_profile(session, Profile::Fax);
  settle(session);
  for (size_t i = 5; i < 10; ++i) exchange(pattern(i));
  collect_packets();

  ASSERT_EQ(packets.size(), 10u);
  EXPECT_EQ(packets[4].payload_type, 8);
  EXPECT_EQ(packets[9].payload_type, 121);
  auto parsed = rtp::RedundantPayload::parse(payloads[9]);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->earlier().size(), 2u);
  EXPECT_EQ(Bytes(parsed->earlier()[0].data.begin(), parsed->earlier()[0].data.end()), pattern(7));
  EXPECT_EQ(Bytes(parsed->primary().data.begin(), parsed->primary().data.end()), pattern(9));
  EXPECT_EQ(packets[9].timestamp - packets[8].timestamp, kBlock) << "timestamps count octets of the line";
}

TEST_F(VoiceCall, MuLawTimeslotAndALawPeerAreConvertedByTheTablesOfG711) {
  span_type = SpanType::T1;
  start({}, Profile::Fax);
  Bytes said, heard_there;

  for (size_t i = 0; i < 30; ++i) {
    Bytes block = pattern(i);
    if (i < 20) said.insert(said.end(), block.begin(), block.end());
    send_audio(i < 20 ? block : Bytes(kBlock, 0xd5));
    Bytes block_there = exchange(block);
    heard_there.insert(heard_there.end(), block_there.begin(), block_there.end());
    collect_packets();
  }

  Bytes to_mu(said.size()), to_a(said.size());
  g711::convert(Law::A, said, Law::Mu, to_mu);
  g711::convert(Law::Mu, said, Law::A, to_a);
  EXPECT_TRUE(contains(heard_there, to_mu));
  EXPECT_TRUE(contains(audio, to_a));
}

TEST_F(VoiceCall, AnotherLawInMidFaxTearsNoHole) {
  const auto use = [](RtpSettings& settings, Law law) {
    settings.codec = static_codec(law == Law::A ? CodecId::Pcma : CodecId::Pcmu);
  };
  start([&](RtpSettings& settings) { use(settings, Law::A); }, Profile::Fax);
  Bytes said, heard_there;

  for (size_t i = 0; i < 60; ++i) {
    const Law law = i < 30 ? Law::A : Law::Mu;
    if (i == 30) {
      RtpSettings settings;
      settings.remote = peer.address();
      use(settings, law);
      service().use_rtp(session, Side::A, settings);
    }
    Bytes block = i < 50 ? pattern(i) : Bytes(kBlock, tdm::idle_octet(law));
    send_audio(block, law == Law::A ? 8 : 0);
    if (law == Law::Mu) g711::convert(Law::Mu, block, Law::A, block);
    if (i < 50) said.insert(said.end(), block.begin(), block.end());
    Bytes block_there = exchange(Bytes(kBlock, 0xd5));
    heard_there.insert(heard_there.end(), block_there.begin(), block_there.end());
  }

  // What waited at the change was converted there and back, so that a few of its octets are others.
  Bytes before(said.begin(), said.begin() + 25 * kBlock), after(said.begin() + 30 * kBlock, said.end());
  auto first = std::ranges::search(heard_there, before);
  auto second = std::ranges::search(heard_there, after);
  ASSERT_FALSE(first.empty());
  ASSERT_FALSE(second.empty());
  EXPECT_EQ(second.begin() - first.end(), 5 * static_cast<std::ptrdiff_t>(kBlock)) << "every octet in its place";
}

TEST_F(VoiceCall, NegotiatedPacketTimeIsKeptWhateverTheBlock) {
  start([](RtpSettings& settings) { settings.ptime = 30ms; });

  for (size_t i = 0; i < 12; ++i) exchange(pattern(i));
  collect_packets();

  ASSERT_EQ(payloads.size(), 8u);
  for (const Bytes& payload : payloads) EXPECT_EQ(payload.size(), 240u);
}

TEST_F(VoiceCall, TelephoneEventIsToldOnceAndHeardAsDtmfOnTheTimeslot) {
  start([](RtpSettings& settings) { settings.telephone_event = 101; });
  rtp::EventSender events_out;
  ASSERT_TRUE(events_out.send('7', 100ms));
  DtmfDetector detector;
  std::string heard_there;

  for (int i = 0; i < 40; ++i) {
    if (auto event = events_out.next(timestamp, kBlock)) {
      Bytes datagram(rtp::kHeaderOctets);
      rtp::write_header({event->marker, 101, sequence++, event->timestamp, 77},
                        std::span(datagram).first<rtp::kHeaderOctets>());
      datagram.insert(datagram.end(), event->payload.begin(), event->payload.end());
      peer.send(gateway, datagram);
      timestamp += kBlock;
    } else {
      send_audio(Bytes(kBlock, 0xd5));
    }
    std::array<int16_t, kBlock> linear;
    g711::decode(Law::A, exchange(Bytes(kBlock, 0xd5)), linear);
    if (auto digit = detector.feed(linear)) heard_there += *digit;
  }

  EXPECT_EQ(heard_there, "7");
  auto digits = heard<DigitHeard>();
  ASSERT_EQ(digits.size(), 1u);
  EXPECT_EQ(digits[0].digit, '7');
  EXPECT_EQ(digits[0].side, Side::A);
}

TEST_F(VoiceCall, DtmfOnTheTimeslotIsToldOnceAndSentAsTelephoneEvent) {
  start([](RtpSettings& settings) { settings.telephone_event = 101; });
  ToneGenerator phone;
  phone.play_digit('5', 100ms);

  for (int i = 0; i < 40; ++i) {
    std::array<int16_t, kBlock> linear;
    phone.generate(linear);
    Bytes block(kBlock);
    g711::encode(Law::A, linear, block);
    exchange(block);
    collect_packets();
  }

  std::string told;
  rtp::EventReceiver receiver;
  for (size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].payload_type != 101) continue;
    auto event = rtp::TelephoneEvent::parse(payloads[i]);
    ASSERT_TRUE(event);
    if (auto digit = receiver.on_packet(*event, packets[i].timestamp, loop.now())) told += *digit;
  }
  EXPECT_EQ(told, "5");
  auto digits = heard<DigitHeard>();
  ASSERT_EQ(digits.size(), 1u);
  EXPECT_EQ(digits[0].side, Side::B);
}

TEST_F(VoiceCall, FaxTonesOnTheTimeslotAreToldOnceEachTime) {
  start();

  // CED: 2100 Hz for 3 s (T.30 4.3.3.1).
  for (int i = 0; i < 150; ++i) {
    std::array<int16_t, kBlock> linear;
    for (size_t n = 0; n < kBlock; ++n) {
      linear[n] = static_cast<int16_t>(
          8000 * std::sin(2 * M_PI * 2100 / 8000 * static_cast<double>(static_cast<size_t>(i) * kBlock + n)));
    }
    Bytes block(kBlock);
    g711::encode(Law::A, linear, block);
    exchange(block);
  }

  ASSERT_TRUE(until([&] { return !heard<ToneHeard>().empty(); }));
  ASSERT_EQ(heard<ToneHeard>().size(), 1u);
  EXPECT_EQ(heard<ToneHeard>()[0].tone, HeardTone::Ced);
  EXPECT_FALSE(span().cancels_echo(tdm::SpanPair::End::A, 1)) << "from the first fax tone on";
  EXPECT_EQ(heard<ToneHeard>()[0].side, Side::B);
}

// One sample of each, by its number.
int16_t cng(size_t n) {
  return static_cast<int16_t>(4000 * std::sin(2 * M_PI * 1100 / 8000 * static_cast<double>(n)));
}
int16_t ced(size_t n) {
  return static_cast<int16_t>(4000 * std::sin(2 * M_PI * 2100 / 8000 * static_cast<double>(n)));
}
int16_t ansam(size_t n) {
  return static_cast<int16_t>(ced(n) * (1 + 0.2 * std::sin(2 * M_PI * 15 / 8000 * static_cast<double>(n))));
}
// HDLC flags at 300 bit/s: 1 is 1650 Hz, 0 is 1850 Hz (V.21 channel 2).
int16_t preamble(size_t n) {
  double phase = 0;
  for (size_t i = 0; i < n % 6400; ++i) {
    phase += 2 * M_PI * (0x7e >> (i * 300 / 8000 % 8) & 1 ? 1650.0 : 1850.0) / 8000;
  }
  return static_cast<int16_t>(4000 * std::sin(phase));
}
using Signal = int16_t (*)(size_t);

// Voice that becomes a fax: seen in the payload type that both keep for modem signals.
struct FaxOnset : VoiceCall {
  static constexpr uint8_t kForFax = 99;
  static constexpr size_t kLead = 37;  // samples of silence in the block in which the signal begins

  static Bytes block_of(Signal signal, size_t number) {
    std::array<int16_t, kBlock> linear{};
    for (size_t n = 0; n < kBlock; ++n) {
      const size_t at = number * kBlock + n;
      linear[n] = signal && at >= kLead ? signal(at - kLead) : int16_t{0};
    }
    Bytes block(kBlock);
    g711::encode(Law::A, linear, block);
    return block;
  }
  // How long after the signal's first sample the packets were those of a fax, in ms.
  double ready_after(Signal signal, bool is_on_timeslot) {
    restart(SpanType::E1);
    start([](RtpSettings& settings) { settings.voice_band_data = kForFax; });
    for (size_t i = 0; i < 20; ++i) {
      send_audio(block_of(nullptr, 0));
      exchange(block_of(nullptr, 0));
    }
    collect_packets();
    packets.clear();
    for (size_t i = 0; i < 25; ++i) {
      send_audio(block_of(is_on_timeslot ? nullptr : signal, i));
      exchange(block_of(is_on_timeslot ? signal : nullptr, i));
      collect_packets();
      if (packets.back().payload_type != kForFax) continue;
      EXPECT_FALSE(span().cancels_echo(tdm::SpanPair::End::A, 1));
      return static_cast<double>((i + 1) * kBlock - kLead) / 8;
    }
    return 1e9;
  }
};

TEST_F(FaxOnset, PassThroughBeginsWithin100MsOfTheFirstSampleOfAFaxTone) {
  for (Signal signal : {cng, ced, ansam, preamble}) {
    const auto which = signal == cng ? "CNG" : signal == ced ? "CED" : signal == ansam ? "ANSam" : "preamble";
    EXPECT_LE(ready_after(signal, true), 100) << which << " on the timeslot";
    // What comes by RTP is heard as it leaves the jitter buffer.
    const auto waits = static_cast<double>(config.voice_jitter_start.count());
    EXPECT_LE(ready_after(signal, false), 100 + waits) << which << " by RTP";
    EXPECT_TRUE(heard<ToneHeard>().empty()) << "it is not sure yet";
  }
}

TEST_F(FaxOnset, OfWhatWasNoFaxToneIsVoiceAgain) {
  ASSERT_LE(ready_after(ced, true), 100);

  for (size_t i = 0; i < 30; ++i) exchange(block_of(nullptr, 0));
  collect_packets();

  EXPECT_EQ(packets.back().payload_type, 8);
  EXPECT_TRUE(span().cancels_echo(tdm::SpanPair::End::A, 1));
  EXPECT_TRUE(heard<ToneHeard>().empty());
}

TEST_F(FaxOnset, OfAFaxLastsUntilItIsTold) {
  ASSERT_LE(ready_after(cng, true), 100);

  for (size_t i = 4; i < 30; ++i) exchange(block_of(cng, i));
  for (size_t i = 0; i < 150; ++i) exchange(block_of(nullptr, 0));
  collect_packets();

  ASSERT_TRUE(until([&] { return !heard<ToneHeard>().empty(); }));
  EXPECT_EQ(packets.back().payload_type, kForFax);
}

TEST_F(VoiceCall, ToneIsPlayedInPlaceOfTheOtherSideUntilNone) {
  start();
  auto is_silent = [](const Bytes& block) { return std::ranges::count(block, 0xd5) > 150; };

  service().play(session, Side::B, Tone::Dial, tdm::default_tone_zone());
  settle(session);
  for (int i = 0; i < 5; ++i) exchange(Bytes(kBlock, 0xd5));
  EXPECT_FALSE(is_silent(exchange(Bytes(kBlock, 0xd5))));

  service().play(session, Side::B, Tone::None, tdm::default_tone_zone());
  settle(session);
  for (int i = 0; i < 5; ++i) exchange(Bytes(kBlock, 0xd5));
  EXPECT_TRUE(is_silent(exchange(Bytes(kBlock, 0xd5))));
}

TEST_F(VoiceCall, NothingIsHeardUntilBridged) {
  start();
  service().set_bridging(session, Bridging::None);
  settle(session);

  for (size_t i = 0; i < 10; ++i) exchange(pattern(i));
  collect_packets();

  ASSERT_FALSE(audio.empty());
  EXPECT_EQ(static_cast<size_t>(std::ranges::count(audio, 0xd5)), audio.size());
}

TEST_F(VoiceCall, PeerOnHoldIsSentNothing) {
  start([](RtpSettings& settings) { settings.send = false; });

  for (size_t i = 0; i < 10; ++i) exchange(pattern(i));
  collect_packets();

  EXPECT_TRUE(packets.empty());
}

TEST_F(VoiceCall, DatagramsThatAreNoRtpAreCountedAndDropped) {
  start();
  peer.send(gateway, Bytes{});
  peer.send(gateway, Bytes{0x80});
  peer.send(gateway, Bytes(300, 0x00));
  peer.send(gateway, Bytes(2047, 0xff));
  peer.send(gateway, Bytes(3000, 0x80));
  peer.send_control(gateway, Bytes(20, 0x00));

  exchange(pattern(0));

  auto stats = close(session);
  EXPECT_EQ(stats.side[0].rtp.malformed + value_of(counters, "media.rtcp.malformed"), 5u);
  EXPECT_EQ(stats.side[0].rtp.packets_received, 0u);
}

TEST_F(VoiceCall, PeerBehindNatIsAnsweredWhereItSendsFrom) {
  UdpPeer behind_nat;
  start();
  send_audio(pattern(0));
  exchange(pattern(0));
  ASSERT_FALSE(peer.receive().empty());

  // A new negotiation with an address that nothing ever comes from.
  UdpPeer nowhere;
  RtpSettings settings;
  settings.remote = nowhere.address();
  service().use_rtp(session, Side::A, settings);
  settle(session);
  Bytes datagram(rtp::kHeaderOctets + kBlock);
  rtp::write_header({.payload_type = 8, .sequence = sequence, .timestamp = timestamp, .ssrc = 77},
                    std::span(datagram).first<rtp::kHeaderOctets>());
  behind_nat.send(gateway, datagram);
  exchange(pattern(1));
  exchange(pattern(2));

  EXPECT_FALSE(behind_nat.receive().empty());
  EXPECT_EQ(value_of(counters, "media.rtp.latched"), 1u);
}

TEST_F(VoiceCall, WhatAFaxLosesInG711IsToldAsAudio) {
  start({}, Profile::Fax);
  for (int i = 0; i < 3; ++i) send_audio(pattern(i));
  sequence = static_cast<uint16_t>(sequence + 3);
  timestamp += 3 * kBlock;
  send_audio(pattern(6));

  ASSERT_TRUE(until([&] {
    step(session);
    return !heard<MediaImpairment>().empty();
  }));

  EXPECT_EQ(heard<MediaImpairment>()[0].kind, MediaImpairment::Kind::Loss);
  EXPECT_EQ(heard<MediaImpairment>()[0].side, Side::A);
  EXPECT_TRUE(heard<MediaImpairment>()[0].in_audio);
  EXPECT_GE(heard<MediaImpairment>()[0].count, 3u);
}

TEST_F(VoiceCall, StrangersAreNotHeardOnceThePeerIsKnown) {
  UdpPeer stranger;
  start();
  send_audio(pattern(0));
  exchange(pattern(0));

  Bytes datagram(rtp::kHeaderOctets + kBlock);
  rtp::write_header({.payload_type = 8, .ssrc = 99}, std::span(datagram).first<rtp::kHeaderOctets>());
  stranger.send(gateway, datagram);
  exchange(pattern(1));

  EXPECT_EQ(value_of(counters, "media.rtp.foreign_source"), 1u);
  EXPECT_TRUE(stranger.receive().empty());
}

TEST_F(VoiceCall, ReportsGoOutAndTheLastOneSaysGoodbye) {
  start();
  send_audio(pattern(0));
  for (size_t i = 0; i < 3; ++i) exchange(pattern(i));

  close(session);

  auto reports = peer.receive_control();
  ASSERT_FALSE(reports.empty());
  auto last = rtp::Compound::parse(reports.back());
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->bye);
  ASSERT_TRUE(last->sender_info);
  EXPECT_EQ(last->sender_info->packets, 3u);
}

TEST_F(VoiceCall, SilentPeerIsToldOfOnceAfterTheTimeout) {
  config.rtp_timeout = 1s;
  start();

  ASSERT_TRUE(until([&] {
    exchange(pattern(0));
    return !heard<MediaTimeout>().empty();
  }));
  for (size_t i = 0; i < 20; ++i) exchange(pattern(i));

  EXPECT_EQ(heard<MediaTimeout>().size(), 1u);
}

TEST_F(VoiceCall, TimeslotThatGoesAwayIsToldOnceAndTheSessionStillCloses) {
  start();
  exchange(pattern(0));

  span().remove(tdm::SpanPair::End::A);
  ASSERT_TRUE(until([&] { return !heard<SideFailed>().empty(); }));
  for (int i = 0; i < 5; ++i) settle(session);
  auto stats = close(session);

  EXPECT_EQ(heard<SideFailed>().size(), 1u);
  EXPECT_EQ(heard<SideFailed>()[0].side, Side::B);
  EXPECT_GE(stats.side[0].rtp.packets_sent, 1u);
}

TEST_F(VoiceCall, TimeslotThatStopsTickingLeavesTheSessionClosable) {
  start();
  exchange(pattern(0));
  // No more clock, and a peer that talks on.
  for (size_t i = 0; i < 100; ++i) send_audio(pattern(i));
  ASSERT_TRUE(until([&] { return settle(session).side[0].rtp.packets_received >= 100; }))
      << "the socket is not drained";

  close(session);
}

}  // namespace
}  // namespace sg::media
