// A line of an exchange that tells by busy tone that the far end is gone, all the way: the exchange's port plays it on
// the wire, the media hears it, the call and its trunk end it, the record says why. In virtual time.
#include <gtest/gtest.h>

#include "gateway/trunk/tdm_trunk.h"
#include "media/session.h"
#include "tests/support/media_surroundings.h"
#include "tests/unit/gateway/call/fakes.h"
#include "tests/unit/tdm/cas/wires.h"

namespace sg::trunk {
namespace {

using call::testing::FakeTrunk;
using media::Side;
using tdm::cas::Wires;

// The media plane for one call: its session, on the test's own thread.
class OneSession final : public media::Service, private media::EventSink {
 public:
  OneSession(Reactor& reactor, tdm::Backend& backend) : reactor_(reactor), backend_(backend) {}

  void tick() {
    udp_.advance();
    udp_.wake_up();
    if (!session_) return;
    session_->has_bearer() ? session_->tick(udp_.now()) : session_->tick_on_timer(udp_.now(), 1);
  }

  void set_listener(Listener* listener) override { listener_ = listener; }
  SessionId open(CallId) override {
    session_ = std::make_unique<media::Session>(SessionId{++last_}, context_);
    return session_->id();
  }
  Result<SocketAddress> add_ip(SessionId, Side side, const std::string& host) override {
    auto ports = ports_.bind(host);
    if (!ports) return tl::unexpected(ports.error());
    SocketAddress local = ports->local;
    session_->give_ports(side, std::move(*ports));
    return local;
  }
  void add_bearer(SessionId, Side side, tdm::Timeslot slot, const tdm::ToneZone* busy_tones) override {
    auto bearer = backend_.open_bearer(slot, {.block_octets = config_.block_octets, .group = 0});
    ASSERT_TRUE(bearer) << bearer.error().message;
    session_->give_bearer(side, slot, std::move(*bearer), busy_tones);
  }
  void remove_bearer(SessionId, Side side) override {
    if (session_) session_->drop_bearer(side);
  }
  void use_rtp(SessionId, Side side, const media::RtpSettings& settings) override { session_->use_rtp(side, settings); }
  void use_t38(SessionId, Side side, const media::T38Settings& settings) override { session_->use_t38(side, settings); }
  void set_bridging(SessionId, media::Bridging bridging) override { session_->set_bridging(bridging); }
  void set_profile(SessionId, media::Profile profile) override { session_->set_profile(profile); }
  void play(SessionId, Side side, media::Tone tone, const tdm::ToneZone& zone) override {
    session_->play(side, tone, zone);
  }
  void send_digit(SessionId, Side side, char digit, std::chrono::milliseconds length) override {
    session_->send_digit(side, digit, length);
  }
  void close(SessionId id) override {
    media::SessionStats stats = session_->stats();
    session_.reset();
    send(id, media::Closed{stats});
  }
  Snapshot snapshot() const override { return {1, session_ ? 1u : 0u}; }
  void ask_stats(SessionId, std::function<void(std::optional<media::SessionStats>)>) override {}

 private:
  void send(SessionId session, media::Event event) override {
    reactor_.post([this, session, event = std::move(event)] { listener_->on_media_event(session, event); });
  }
  void send_slot_free(tdm::Timeslot) override {}
  void send_stats(std::function<void(std::optional<media::SessionStats>)>,
                  std::optional<media::SessionStats>) override {}

  Reactor& reactor_;
  tdm::Backend& backend_;
  Listener* listener_ = nullptr;
  support::UdpInOwnTime udp_;
  Counters counters_;
  media::Config config_;
  media::PortRange ports_{20000, 29999};
  media::SessionContext context_{config_, *this, counters_, udp_, udp_, 7};
  std::unique_ptr<media::Session> session_;
  uint64_t last_ = 0;
};

struct ExchangeLineTest : testing::TestWithParam<tdm::ToneZone>, call::Router {
  call::Routing route(const call::Trunk&, const call::Setup& setup) override {
    call::Routing routing;
    routing.targets.emplace_back();
    routing.targets.back().trunk = &sip;
    routing.targets.back().setup = setup;
    return routing;
  }
  call::Reach reach(const call::Trunk&, const call::Setup&) override { return call::Reach::Complete; }

  explicit ExchangeLineTest(tdm::LineStart line_start = tdm::LineStart::Loop) : wires(LineKind::Fxs, line_start) {
    const std::string zone(GetParam().name);
    wires.make_a(Wires::config(LineKind::Fxs, zone));
    auto config = Wires::config(LineKind::Fxo, zone);
    config.ports = {{.slot = {2, 1}, .number = "300"}};
    TdmTrunk::Options options;
    options.name = "lines";
    options.carries_data = false;
    options.interfaces.push_back(std::make_unique<tdm::cas::Group>(
        config, wires.reactor, std::map<uint16_t, tdm::Backend*>{{2, wires.b.backend}}, counters));
    lines = std::make_unique<TdmTrunk>(
        std::move(options), wires.reactor, counters,
        [this](TdmTrunk& from, std::unique_ptr<call::Leg> leg, const call::Setup& setup) {
          manager.on_incoming({std::move(leg), setup, std::nullopt, &from, from.media_policy()});
        });
    wires.reactor.settle();
  }

  bool pass_until(const std::function<bool()>& condition, Duration limit) {
    for (Duration done{}; done < limit; done += 20ms) {
      if (condition()) return true;
      wires.pass(20ms);
      media.tick();
    }
    return condition();
  }

  Wires wires;
  tdm::cas::Side& exchange = wires.a;
  Counters counters;
  OneSession media{wires.reactor, *wires.b.backend};
  FakeTrunk sip{"sip", call::MediaKind::Ip, wires.reactor};
  std::vector<call::Record> records;
  std::unique_ptr<TdmTrunk> lines;
  call::CallManager manager{
      {media, wires.reactor, counters}, *this, [this](const call::Record& record) { records.push_back(record); }};
};

TEST_P(ExchangeLineTest, BusyToneEndsACallOnALoopStartLine) {
  exchange.place("401");
  ASSERT_TRUE(pass_until([&] { return !sip.legs.empty(); }, 20s));
  call::testing::LegScript& called = *sip.legs.back();
  called.listener->on_answered(call::testing::audio_at("127.0.0.1:9"));
  ASSERT_TRUE(pass_until([&] { return exchange.has_heard("answered"); }, 5s));
  ASSERT_FALSE(pass_until([&] { return !records.empty(); }, 10s)) << "nobody hangs up";

  exchange.group->release(exchange.call, 16);

  // The caller is gone; of that the wire knows nothing.
  ASSERT_TRUE(pass_until([&] { return !records.empty(); }, 15s)) << exchange.detail();
  EXPECT_EQ(records[0].cause.q850, 16);
  EXPECT_EQ(records[0].released_by, call::ReleasedBy::Caller);
  EXPECT_EQ(records[0].peer_gone, call::PeerGone::BusyTone);
  EXPECT_EQ(called.released_with.q850, 16);
  EXPECT_EQ(counters.get("call.ended_by_busy_tone").value(), 1u);
  pass_until([] { return false; }, 3s);
  EXPECT_EQ(lines->status().front().slots.front().state, tdm::Signalling::SlotState::Idle);
}

INSTANTIATE_TEST_SUITE_P(Zones, ExchangeLineTest, testing::ValuesIn(tdm::tone_zones()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace sg::trunk
