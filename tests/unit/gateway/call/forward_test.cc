#include "call_fixture.h"
#include "gateway/call/diversion.h"

// Lines that forward: when the plan is asked, what the caller is told, and what becomes of the leg before.
namespace sg::call {
namespace {

using namespace testing;

class ForwardTest : public CallTest {
 public:
  using CallTest::reactor;

 protected:
  // Shared: calls that still stand at the end of a test outlive it.
  struct Counts {
    int used = 0, told_of_answer = 0;
  };
  class CountedReservation final : public Reservation {
   public:
    explicit CountedReservation(std::shared_ptr<Counts> counts) : counts_(std::move(counts)) { ++counts_->used; }
    ~CountedReservation() override { --counts_->used; }
    void on_answered() override { ++counts_->told_of_answer; }

   private:
    const std::shared_ptr<Counts> counts_;
  };

  // Calls go to "pri"; what the line there forwards goes to "carrier", as often as `lines` says.
  Routing route(const Trunk& from, const call::Setup& setup) override { return ask({&pri}, from, setup, {}); }
  Routing ask(std::vector<FakeTrunk*> where, const Trunk& from, const call::Setup& setup,
              std::vector<std::string> forwards) {
    ++asked;
    targets = std::move(where);
    Routing routing = CallTest::route(from, setup);
    routing.reservation = std::make_unique<CountedReservation>(counts);
    routing.plan.forwards = forwards;
    auto next = [this, &from, setup, forwards](const char* why) {
      return [this, &from, setup, forwards, why] {
        if (refuses) {
          Routing refused;
          refused.refusal = Refusal{kExchangeRoutingError, ""};
          return refused;
        }
        auto goes_on = setup;
        goes_on.redirection = diverted(setup, setup.called, kDivertedBusy);
        auto so_far = forwards;
        so_far.emplace_back(why);
        return ask({&carrier}, from, goes_on, so_far);
      };
    };
    if (static_cast<int>(forwards.size()) >= lines) return routing;
    if (on_busy) routing.forward.busy = next("200 busy");
    if (on_no_answer) routing.forward.no_answer = next("200 no answer");
    routing.forward.after = 20s;
    return routing;
  }

  bool on_busy = true, on_no_answer = true, refuses = false;
  int lines = 1, asked = 0;
  const std::shared_ptr<Counts> counts = std::make_shared<Counts>();
};

TEST_F(ForwardTest, EachWayToFailForwardsOrDoesNot) {
  struct Row {
    const char* name;
    std::function<void(ForwardTest&, LegListener&)> fails;
    bool busy, no_answer;
    int released_with;  // 0: the call goes on
  };
  auto released = [](int cause) { return [cause](ForwardTest&, LegListener& leg) { leg.on_released({cause}); }; };
  for (const Row& row : {Row{"busy", released(17), true, false, 0},
                         Row{"busy, and it does not forward that", released(17), false, true, 17},
                         Row{"no answer from user", released(19), false, true, 0},
                         Row{"no user responding", released(18), false, true, 0},
                         Row{"rejected", released(21), true, true, 21}, Row{"unallocated", released(1), true, true, 1},
                         Row{"a busy tone after DISCONNECT",
                             [](ForwardTest&, LegListener&leg) { leg.on_disconnected({17}, true); }, true, false, 0},
                         Row{"rings for longer than it may",
                             [](ForwardTest&test, LegListener&leg) {
                               leg.on_alerting(false, std::nullopt);
                               test.reactor.advance(20s);
                             },
                             false, true, 0}}) {
    on_busy = row.busy;
    on_no_answer = row.no_answer;
    auto before = carrier.legs.size();
    LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
    LegScript& line = *pri.legs.back();

    row.fails(*this, *line.listener);
    reactor.settle();

    EXPECT_EQ(carrier.legs.size(), before + (row.released_with ? 0 : 1)) << row.name;
    EXPECT_EQ(caller.heard_command("forwarded"), row.released_with == 0) << row.name;
    EXPECT_EQ(caller.heard_command(fmt::format("release {}", row.released_with)), row.released_with != 0) << row.name;
    if (row.released_with) continue;
    EXPECT_EQ(carrier.legs.back()->redirection->count, 1) << row.name;
    EXPECT_EQ(manager.find(id)->record().plan.forwards.size(), 1u) << row.name;
    carrier.legs.back()->listener->on_answered(std::nullopt);
    reactor.settle();
    EXPECT_TRUE(caller.heard_command("answer")) << row.name;
    EXPECT_EQ(counts->used, 2) << row.name << ": the caller's call, and the line's";
    EXPECT_EQ(counts->told_of_answer, 2) << row.name;
    caller.listener->on_released(kNormalClearing);
    reactor.settle();
    EXPECT_EQ(counts->used, 0) << row.name;
    counts->told_of_answer = 0;
  }
  EXPECT_TRUE(manager.calls().empty());
}

TEST_F(ForwardTest, AnAnswerInTimeIsNotForwarded) {
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
  pri.legs.back()->listener->on_alerting(false, std::nullopt);
  reactor.advance(19s);
  pri.legs.back()->listener->on_answered(std::nullopt);

  reactor.advance(60s);

  EXPECT_TRUE(caller.heard_command("answer"));
  EXPECT_TRUE(carrier.legs.empty());
}

TEST_F(ForwardTest, AForwardThatThePlanRefusesLeavesTheCauseOfTheLine) {
  refuses = true;
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  pri.legs.back()->listener->on_released(kUserBusy);
  reactor.settle();

  EXPECT_EQ(caller.released_with.q850, 17);
  EXPECT_FALSE(caller.heard_command("forwarded"));
  EXPECT_EQ(counters.get("call.forward_failed").value(), 1u);
}

TEST_F(ForwardTest, ALineThatWasForwardedToForwardsOn) {
  lines = 3;
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));
  pri.legs.back()->listener->on_released(kUserBusy);
  reactor.settle();

  for (int hop = 2; hop <= 3; ++hop) {
    carrier.legs.back()->listener->on_released(kUserBusy);
    reactor.settle();
    EXPECT_EQ(carrier.legs.size(), static_cast<size_t>(hop));
    EXPECT_EQ(carrier.legs.back()->redirection->count, hop);
  }
  carrier.legs.back()->listener->on_released(kUserBusy);
  reactor.settle();

  EXPECT_EQ(caller.released_with.q850, 17);
  EXPECT_EQ(counts->used, 0);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].plan.forwards.size(), 3u);
  EXPECT_EQ(records[0].called.size(), 4u);
}

TEST_F(ForwardTest, APeersRedirectionIsToldToTheCallerToo) {
  lines = 0;
  LegScript& caller = incoming(sip, audio_at("192.0.2.1:4000"));

  pri.legs.back()->listener->on_redirected({{{"555"}, "sip:555@x"}});

  EXPECT_TRUE(caller.heard_command("forwarded"));
}

}  // namespace
}  // namespace sg::call
