#include <cmath>

#include "media/codec/g711.h"
#include "media/rtp/packet.h"
#include "tests/unit/media/service_fixture.h"

// Three parties in one session: what each hears, by frequency and level.
namespace sg::media {
namespace {

using tdm::Law;

constexpr double kTone[] = {500, 1100, 1900};
constexpr double kAmplitude = 6000;

// The amplitude of one frequency (Goertzel).
double level_of(const std::vector<int16_t>& samples, double frequency) {
  double sine = 0, cosine = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    double phase = 2 * M_PI * frequency / 8000 * static_cast<double>(i);
    sine += samples[i] * std::sin(phase);
    cosine += samples[i] * std::cos(phase);
  }
  return 2 * std::hypot(sine, cosine) / static_cast<double>(samples.size());
}

// One party: a SIP peer or the far end of a timeslot. It says a tone of its own.
struct Conferee {
  Side side;
  bool is_ip = true;
  Law law = Law::A;
  UdpPeer peer = UdpPeer();
  SocketAddress gateway = {};
  std::unique_ptr<tdm::Bearer> far = nullptr;
  uint16_t sequence = 1;
  uint32_t samples = 0;
  std::vector<int16_t> heard = {};

  Bytes say(size_t block) {
    std::vector<int16_t> linear(block);
    for (int16_t& sample : linear) {
      sample = static_cast<int16_t>(
          kAmplitude * std::sin(2 * M_PI * kTone[static_cast<size_t>(side)] / 8000 * static_cast<double>(samples++)));
    }
    Bytes octets(block);
    g711::encode(law, linear, octets);
    return octets;
  }
  void hear(ByteView octets) {
    std::vector<int16_t> linear(octets.size());
    g711::decode(law, octets, linear);
    heard.insert(heard.end(), linear.begin(), linear.end());
  }
};

class ConferenceTest : public ServiceFixture {
 protected:
  void start(std::vector<Conferee> of) {
    parties = std::move(of);
    session = service().open({});
    for (Conferee& party : parties) join(party);
    service().set_bridging(session, Bridging::Conference);
    settle(session);
  }
  void join(Conferee& party) {
    auto number = static_cast<uint8_t>(static_cast<int>(party.side) + 1);
    if (!party.is_ip) {
      party.far = far_end(number);
      return service().add_bearer(session, party.side, {1, number});
    }
    party.gateway = service().add_ip(session, party.side, "127.0.0.1").value();
    RtpSettings settings;
    settings.remote = party.peer.address();
    settings.codec = static_codec(party.law == Law::A ? CodecId::Pcma : CodecId::Pcmu);
    service().use_rtp(session, party.side, settings);
  }
  bool has_timeslot() const {
    return std::ranges::any_of(parties, [](const Conferee& party) { return !party.is_ip; });
  }

  // So many blocks of all parties' talk. Without a timeslot the worker's own clock runs.
  void talk(int blocks) {
    for (Conferee& party : parties) party.heard.clear();
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < blocks; ++i) {
      for (Conferee& party : parties) send(party);
      if (has_timeslot()) {
        step(session);
      } else {
        loop.step(0ms);
        while (std::chrono::steady_clock::now() < begin + (i + 1) * 20ms) loop.step(1ms);
      }
      for (Conferee& party : parties) receive(party);
    }
  }
  void send(Conferee& party) {
    Bytes octets = party.say(kBlock);
    if (!party.is_ip) {
      party.far->write(octets).value();
      return;
    }
    Bytes datagram(rtp::kHeaderOctets);
    rtp::write_header({.payload_type = static_cast<uint8_t>(party.law == Law::A ? 8 : 0),
                       .sequence = party.sequence++,
                       .timestamp = party.samples,
                       .ssrc = 70u + static_cast<uint32_t>(party.side)},
                      std::span(datagram).first<rtp::kHeaderOctets>());
    datagram.insert(datagram.end(), octets.begin(), octets.end());
    party.peer.send(party.gateway, datagram);
  }
  static void receive(Conferee& party) {
    if (party.is_ip) {
      for (const Bytes& datagram : party.peer.receive()) {
        auto packet = rtp::Packet::parse(datagram);
        ASSERT_TRUE(packet);
        party.hear(packet->payload);
      }
      return;
    }
    Bytes block(kBlock);
    while (party.far->read(block).value()) party.hear(block);
  }
  // Half a second at the end, when all jitter buffers run.
  static std::vector<int16_t> last(const std::vector<int16_t>& heard) {
    return {heard.end() - std::min<std::ptrdiff_t>(4000, std::ssize(heard)), heard.end()};
  }
  void expect_each_hears_the_others() {
    for (const Conferee& party : parties) {
      auto heard = last(party.heard);
      ASSERT_EQ(heard.size(), 4000u);
      for (const Conferee& other : parties) {
        double level = level_of(heard, kTone[static_cast<size_t>(other.side)]);
        SCOPED_TRACE(fmt::format("{} hears {}", static_cast<int>(party.side), static_cast<int>(other.side)));
        if (&party == &other) {
          EXPECT_LT(level, 0.01 * kAmplitude);
        } else {
          EXPECT_NEAR(level, kAmplitude, 0.05 * kAmplitude) << "neither softer nor louder";
        }
      }
    }
  }

  std::vector<Conferee> parties;
  SessionId session;
};

Conferee ip(Side side, Law law = Law::A) {
  return {.side = side, .is_ip = true, .law = law};
}
Conferee timeslot(Side side) {
  return {.side = side, .is_ip = false};
}
std::vector<Conferee> of(Conferee a, Conferee b, Conferee c) {
  std::vector<Conferee> all;
  for (Conferee* one : {&a, &b, &c}) all.push_back(std::move(*one));
  return all;
}

TEST_F(ConferenceTest, ATimeslotAndTwoPeersOfDifferentLaws) {
  start(of(timeslot(Side::A), ip(Side::B), ip(Side::C, Law::Mu)));

  talk(75);

  expect_each_hears_the_others();
}

TEST_F(ConferenceTest, ThreeTimeslots) {
  start(of(timeslot(Side::A), timeslot(Side::B), timeslot(Side::C)));

  talk(75);

  expect_each_hears_the_others();
}

TEST_F(ConferenceTest, ThreePeersOnTheWorkersOwnClock) {
  start(of(ip(Side::A), ip(Side::B), ip(Side::C, Law::Mu)));

  talk(100);

  // The clocks of this test and of the worker are not the same: a slip may cost a few milliseconds.
  for (const Conferee& party : parties) {
    auto heard = last(party.heard);
    for (const Conferee& other : parties) {
      double level = level_of(heard, kTone[static_cast<size_t>(other.side)]);
      if (&party == &other) {
        EXPECT_LT(level, 0.1 * kAmplitude);
      } else {
        EXPECT_GT(level, 0.5 * kAmplitude);
      }
    }
  }
}

TEST_F(ConferenceTest, WhenTheThirdIsGoneTheOtherTwoTalkOn) {
  start(of(timeslot(Side::A), ip(Side::B), timeslot(Side::C)));
  talk(25);

  service().remove_bearer(session, Side::C);
  service().set_bridging(session, Bridging::Both);
  settle(session);
  parties.pop_back();
  talk(75);

  expect_each_hears_the_others();
  EXPECT_GT(close(session).side[1].rtp.packets_sent, 90u);
}

TEST_F(ConferenceTest, AnyOfThemMayCarryTheClock) {
  start(of(ip(Side::A), timeslot(Side::B), timeslot(Side::C)));
  talk(25);

  // Whose timeslot was the clock is gone.
  service().remove_bearer(session, Side::B);
  settle(session);
  parties.erase(parties.begin() + 1);
  talk(75);

  expect_each_hears_the_others();
}

TEST_F(ConferenceTest, AFaxToneIsNobodysBusiness) {
  start(of(timeslot(Side::A), timeslot(Side::B), timeslot(Side::C)));
  std::vector<int16_t> linear(kBlock);
  Bytes block(kBlock);

  // CED: 2100 Hz for 3 s (T.30 4.3.3.1).
  for (size_t i = 0; i < 150; ++i) {
    for (size_t n = 0; n < kBlock; ++n) {
      linear[n] = static_cast<int16_t>(8000 * std::sin(2 * M_PI * 2100 / 8000 * static_cast<double>(i * kBlock + n)));
    }
    g711::encode(Law::A, linear, block);
    ASSERT_TRUE(parties[0].far->write(block).value());
    step(session);
  }
  close(session);

  EXPECT_TRUE(heard<ToneHeard>().empty());
}

}  // namespace
}  // namespace sg::media
