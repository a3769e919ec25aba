// A fax during which a peer says anew what stands: by refresh, in other words, or from another port.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "media/codec/g711.h"
#include "media/rtp/packet.h"
#include "media/rtp/sender.h"
#include "tests/unit/media/t38_machines.h"

namespace sg::media {
namespace {

// A fax machine on a timeslot.
class LineMachine final : public tdm::Bearer, private tdm::TickSource {
 public:
  explicit LineMachine(const t38::FaxMachineOptions& options) : fax(t38::AudioFaxMachine::make(options).value()) {}

  // A block each way.
  void run() {
    fax->receive(heard_);
    fax->transmit(said_);
    is_ready_ = true;
  }

  tdm::Law law() const override { return tdm::Law::A; }
  size_t block_octets() const override { return kMachineBlock; }
  tdm::TickSource& ticks() override { return *this; }
  Result<bool> read(std::span<uint8_t> block) override {
    if (!std::exchange(is_ready_, false)) return false;
    g711::encode(law(), said_, block);
    return true;
  }
  Result<bool> write(ByteView block) override {
    g711::decode(law(), block, heard_);
    return true;
  }
  tdm::BearerStats stats() const override { return {}; }

  std::unique_ptr<t38::AudioFaxMachine> fax;

 private:
  int fd() const override { return -1; }
  void acknowledge() override {}

  std::array<int16_t, kMachineBlock> said_{}, heard_{};
  bool is_ready_ = false;
};

// A fax machine behind G.711 over RTP, a packet a block.
class RtpMachine final {
 public:
  RtpMachine(Wire& wire, const SocketAddress& own, int socket, const t38::FaxMachineOptions& options)
      : wire_(wire), own_(own), socket_(socket), fax(t38::AudioFaxMachine::make(options).value()) {}

  void run() {
    std::array<int16_t, kMachineBlock> linear;
    std::array<uint8_t, kMachineBlock> octets;
    for (const Bytes& datagram : std::exchange(wire_.sent[own_.port()], {})) {
      auto packet = rtp::Packet::parse(datagram);
      if (!packet || packet->payload.size() != kMachineBlock) continue;
      g711::decode(tdm::Law::A, packet->payload, linear);
      fax->receive(linear);
    }
    fax->transmit(linear);
    g711::encode(tdm::Law::A, linear, octets);
    std::array<uint8_t, 200> out;
    const size_t length = sender_.pack(8, octets, out);
    wire_.waiting[socket_].emplace_back(own_, Bytes(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length)));
  }

 private:
  Wire& wire_;
  SocketAddress own_;
  int socket_;
  rtp::Sender sender_{{1, 1, 1}};

 public:
  std::unique_ptr<t38::AudioFaxMachine> fax;
};

// T.38 on side A, a timeslot on side B.
struct T38ChangeTest : T38SessionTest {
  t38::FaxMachineOptions sender() const { return {.calling = true, .send_file = three_pages()}; }
  t38::FaxMachineOptions receiver() const { return {.receive_file = received}; }
  void start(const t38::FaxMachineOptions& on_t38, const t38::FaxMachineOptions& on_line, const t38::Params& takes) {
    peer = std::make_unique<Machine>(wire, address(4000), on_t38, takes);
    auto bearer = std::make_unique<LineMachine>(on_line);
    line = bearer.get();
    give(Side::A, *peer);
    session.give_bearer(Side::B, {1, 1}, std::move(bearer));
  }
  bool is_over() const { return peer->fax->is_finished() && line->fax->is_finished(); }
  void step() {
    clock.advance(20ms);
    wire.now = clock.now();
    line->run();
    session.tick(clock.now());
    peer->run(clock.now());
  }
  // In the middle of a page: so many blocks after the fast modem began it.
  void run_into_page() {
    auto is_page = [](const FaxSeen& seen) { return seen.event.kind == t38::FaxEvent::Kind::PageStarted; };
    for (int i = 0; i < 50 * 120 && std::ranges::none_of(wire.seen, is_page); ++i) step();
    ASSERT_TRUE(std::ranges::any_of(wire.seen, is_page));
    for (int i = 0; i < 100; ++i) step();
  }
  void run_to_end() {
    for (int i = 0; i < 50 * 300 && !is_over(); ++i) step();
  }
  // A peer that says more of itself than in its answer.
  static T38Settings in_other_words(T38Settings settings) {
    settings.local.version = settings.remote_params.version = 3;
    settings.remote_params.max_bit_rate = 9600;
    settings.remote_params.max_buffer = 1800;
    settings.remote_params.max_datagram = 300;
    settings.remote_params.fill_bit_removal = settings.local.fill_bit_removal = true;
    return settings;
  }

  std::unique_ptr<Machine> peer;
  LineMachine* line = nullptr;
};

TEST_F(T38ChangeTest, AFaxFromTheLineGoesOnWhenThePeerDescribesItselfInOtherWords) {
  start(receiver(), sender(), {});
  run_into_page();
  const size_t before = peer->numbers.size();

  session.use_t38(Side::A, in_other_words(peer->settings()));
  run_to_end();

  EXPECT_TRUE(line->fax->result().success) << line->fax->result().status_text;
  EXPECT_EQ(peer->fax->result().pages_received, 3) << peer->fax->result().status_text;
  EXPECT_EQ(session.stats().fax.pages, 3);
  EXPECT_EQ(session.stats().fax.bit_rate, 14400) << "the modem that was trained stays";
  ASSERT_GT(peer->numbers.size(), before);
  EXPECT_EQ(peer->numbers[before], static_cast<uint16_t>(peer->numbers[before - 1] + 1)) << "the stream goes on";
  EXPECT_EQ(peer->counters().lost, 0u);
}

TEST_F(T38ChangeTest, AFaxToTheLineGoesOnWhenThePeerDescribesItselfInOtherWords) {
  start(sender(), receiver(), {});
  run_into_page();

  session.use_t38(Side::A, in_other_words(peer->settings()));
  run_to_end();

  EXPECT_TRUE(peer->fax->result().success) << peer->fax->result().status_text;
  EXPECT_EQ(line->fax->result().pages_received, 3) << line->fax->result().status_text;
  EXPECT_EQ(session.stats().side[0].udptl.lost, 0u);
}

TEST_F(T38ChangeTest, APeerThatMovesInMidPageIsFollowed) {
  start(receiver(), sender(), {});
  run_into_page();

  peer->address = address(4002);
  session.use_t38(Side::A, peer->settings());
  run_to_end();

  EXPECT_TRUE(line->fax->result().success) << line->fax->result().status_text;
  EXPECT_EQ(peer->fax->result().pages_received, 3) << peer->fax->result().status_text;
  EXPECT_TRUE(wire.sent[4000].empty()) << "all goes to the new port";
  EXPECT_EQ(peer->counters().lost, 0u);
}

// The receiver of a page says nothing for long: what it sends would not open its new port's way.
TEST_F(T38ChangeTest, TheLatestDatagramIsRepeatedToWhereThePeerIsNow) {
  start(receiver(), sender(), {});
  run_into_page();
  wire.sent.clear();

  peer->address = address(4002);
  session.use_t38(Side::A, peer->settings());
  clock.advance(20ms);
  line->run();
  session.tick(clock.now());

  ASSERT_FALSE(wire.sent[4002].empty());
  const auto number = static_cast<uint16_t>(wire.sent[4002][0][0] << 8 | wire.sent[4002][0][1]);
  EXPECT_EQ(number, peer->numbers.back());
}

TEST_F(T38ChangeTest, TheNewLimitsBindWhatIsSent) {
  start(receiver(), sender(), {});
  run_into_page();
  EXPECT_GT(peer->longest, 150u);
  peer->longest = 0;

  T38Settings settings = peer->settings();
  settings.remote_params.max_datagram = 120;
  session.use_t38(Side::A, settings);
  run_to_end();

  EXPECT_LE(peer->longest, 120u);
  EXPECT_EQ(peer->fax->result().pages_received, 3) << peer->fax->result().status_text;
}

TEST_F(T38ChangeTest, ALowerRateHoldsForTheNextCapabilities) {
  start(receiver(), sender(), {});
  T38Settings settings = peer->settings();
  settings.remote_params.max_bit_rate = 9600;
  session.use_t38(Side::A, settings);
  run_to_end();

  EXPECT_EQ(peer->fax->result().pages_received, 3) << peer->fax->result().status_text;
  EXPECT_EQ(session.stats().fax.bit_rate, 9600);
}

TEST_F(T38ChangeTest, TheFiguresOfALaterFaxInAudioAreItsOwn) {
  start(receiver(), sender(), {});
  run_to_end();
  ASSERT_EQ(session.stats().fax.bit_rate, 14400);
  ASSERT_TRUE(session.stats().fax.ecm);

  RtpSettings audio;
  audio.remote = peer->address;
  session.use_rtp(Side::A, audio);
  session.set_profile(Profile::Fax);
  auto slower = sender();
  slower.max_bit_rate = 9600;
  slower.ecm = false;
  line->fax = t38::AudioFaxMachine::make(slower).value();
  RtpMachine second(wire, peer->address, peer->socket, receiver());
  for (int i = 0; i < 50 * 300 && !(line->fax->is_finished() && second.fax->is_finished()); ++i) {
    clock.advance(20ms);
    wire.now = clock.now();
    line->run();
    session.tick(clock.now());
    second.run();
  }

  ASSERT_EQ(second.fax->result().pages_received, 3) << second.fax->result().status_text;
  EXPECT_EQ(session.stats().fax.bit_rate, 9600);
  EXPECT_FALSE(session.stats().fax.ecm);
  EXPECT_EQ(session.stats().fax.pages, 6);
}

// As Asterisk does after each fax, a millisecond later.
TEST_F(T38ChangeTest, AGoodbyeIsHeardThoughAudioOrTheEndFollowsItAtOnce) {
  for (bool is_back_in_audio : {true, false}) {
    wire.seen.clear();
    start(sender(), receiver(), {});
    constexpr uint8_t kEndOfFrame[] = {3, 0xC0, 1, 0x40};  // an IFP of 3 octets: V.21, FCS right, signal ends
    auto is_goodbye = [](const FaxSeen& seen) { return seen.event.code.kind == t38::fcf::kDcn && !seen.in_audio; };
    auto has_end = [&](const auto& each) {
      return std::ranges::equal(ByteView(each.second).subspan(2, 4), kEndOfFrame);
    };
    auto is_said = [&] { return peer->fax->is_done() && std::ranges::any_of(wire.waiting[peer->socket], has_end); };
    for (int i = 0; i < 50 * 300 && !is_said(); ++i) step();
    ASSERT_TRUE(is_said());
    ASSERT_TRUE(std::ranges::none_of(wire.seen, is_goodbye)) << "it is in the socket";

    RtpSettings audio;
    audio.remote = peer->address;
    if (is_back_in_audio) {
      session.use_rtp(Side::A, audio);
    } else {
      session.hear_last_words();
    }

    EXPECT_TRUE(std::ranges::any_of(wire.seen, is_goodbye));
    EXPECT_TRUE(session.stats().fax.ended_by_dcn);
    EXPECT_EQ(line->fax->result().pages_received, 3);
  }
}

TEST_F(T38ChangeTest, T38AfterAudioStartsAnew) {
  start(receiver(), sender(), {});
  run_into_page();
  RtpSettings audio;
  audio.remote = address(4000);
  session.use_rtp(Side::A, audio);
  wire.sent.clear();

  session.use_t38(Side::A, peer->settings());
  clock.advance(20ms);
  line->run();
  session.tick(clock.now());

  ASSERT_FALSE(wire.sent[4000].empty());
  EXPECT_EQ(wire.sent[4000][0][0] << 8 | wire.sent[4000][0][1], 0);
}

}  // namespace
}  // namespace sg::media
