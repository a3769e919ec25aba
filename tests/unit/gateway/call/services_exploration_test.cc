#include <csignal>
#include <cstdio>
#include <unordered_set>

#include "fakes.h"

#include <gtest/gtest.h>

// Transfers, hold, pick-up and conferences in every order, to a depth, in virtual time: a telephone with one call on
// hold and a second one under way, and SIP peers that refer, replace and join. Where two orders lead to the same state
// only one is followed.
namespace sg::call {
namespace {

using namespace testing;

std::string path_so_far;

// A forbidden transition aborts: say how it was reached.
void tell_path(int) {
  std::fprintf(stderr, "aborted after: %s\n", path_so_far.c_str());
}

class ServicesWorld final : public Router {
 public:
  struct Event {
    std::string name;
    std::function<void()> happen;
  };

  ServicesWorld() {
    for (FakeTrunk* trunk : trunks()) trunk->confirms_releases = false;
    call("phone", phone_, std::nullopt, {});
    answer(*peers_.legs.back());
    hold(*phone_.legs.front());
    call("phone", phone_, std::nullopt, {});
  }

  std::vector<Event> possible() {
    std::vector<Event> events;
    for (FakeTrunk* trunk : trunks()) {
      for (size_t i = 0; i < trunk->legs.size(); ++i) add_leg_events(events, *trunk, i);
    }
    if (others_.legs.empty()) add_arrivals(events);
    if (auto next = reactor_.next_timer())
      events.push_back({"time", [this, next = *next] { reactor_.advance(next - reactor_.now()); }});
    return events;
  }
  void settle() {
    reactor_.settle();
    look_for_wrongs();
  }
  // An operator hangs everything up: who is not told to go was forgotten.
  void drain() {
    for (const Call* call : manager_.calls()) manager_.hang_up(call->id());
    for (int round = 0; round < 5; ++round) {
      reactor_.settle();
      for_each_leg([this](LegScript& leg) {
        if (is_alive(leg) && count(leg, "release") > 0) over(leg, kNormalClearing);
      });
    }
    reactor_.settle();
    look_for_wrongs();
    for_each_leg([this](LegScript& leg) {
      if (!leg.destroyed) wrongs_.push_back("a leg is left");
    });
    if (!manager_.calls().empty()) wrongs_.push_back("a call is left");
    if (!media_.open_sessions.empty()) wrongs_.push_back("a session is left");
    if (reactor_.armed_timers() != 0) wrongs_.push_back("a timer is left");
    if (records_ != calls_made_ + transfers_made()) wrongs_.push_back("a record is missing, or there are too many");
  }
  std::string fingerprint() {
    std::string print;
    for (FakeTrunk* trunk : trunks()) {
      for (auto& leg : trunk->legs) {
        print += fmt::format("{}{}{}{}{}{}{}{}{}{}/", trunk->name(), leg->destroyed, over_.contains(leg.get()),
                             answered_.contains(leg.get()), holds_.contains(leg.get()), left_slot_.contains(leg.get()),
                             count(*leg, "release"), count(*leg, "answer"), awaits_answer(*leg),
                             last_of(*leg, {"hold", "retrieve", "conference", "no conference"}));
        print += last_of(*leg, {"transfer 100", "transfer 180", "transfer 200", "transfer 481", "transfer 486"});
      }
    }
    for (const Call* call : manager_.calls()) {
      print += fmt::format(" {}", name_of(call->state()));
      for (media::Side side : {media::Side::A, media::Side::B, media::Side::C}) {
        const Party* party = call->at(side);
        print += party ? number_of(const_cast<Party*>(party)->leg()) : "-";
      }
    }
    print += fmt::format(" t{}", reactor_.armed_timers());
    if (auto next = reactor_.next_timer()) print += fmt::format(" {}", (*next - reactor_.now()).count());
    return print;
  }
  const std::vector<std::string>& wrongs() const { return wrongs_; }
  bool was_conference() { return counters_.get("call.conferences").value() > 0; }
  bool was_transfer() { return counters_.get("call.transferred").value() > 0; }

 private:
  std::vector<FakeTrunk*> trunks() { return {&phone_, &peers_, &others_}; }
  template <class Do>
  void for_each_leg(Do what) {
    for (FakeTrunk* trunk : trunks()) {
      for (auto& leg : trunk->legs) what(*leg);
    }
  }
  static long count(const LegScript& leg, const std::string& command) {
    return std::ranges::count_if(
        leg.heard, [&](const std::string& heard) { return heard == command || heard.starts_with(command + " "); });
  }
  static std::string last_of(const LegScript& leg, std::initializer_list<std::string> commands) {
    for (auto heard = leg.heard.rbegin(); heard != leg.heard.rend(); ++heard) {
      if (std::ranges::find(commands, *heard) != commands.end()) return *heard;
    }
    return "";
  }
  std::string number_of(const Leg& leg) {
    int number = 0, found = -1;
    for_each_leg([&](LegScript& script) {
      if (script.leg == &leg && !script.destroyed) found = number;
      ++number;
    });
    return std::to_string(found);
  }
  bool is_alive(const LegScript& leg) const { return leg.listener && !over_.contains(&leg); }
  bool is_answered(const LegScript& leg) const { return answered_.contains(&leg) || count(leg, "answer") > 0; }
  bool awaits_answer(const LegScript& leg) const {
    auto agreed = agreed_.find(&leg);
    return count(leg, "offer") > (agreed == agreed_.end() ? 0 : agreed->second);
  }
  size_t transfers_made() const { return blind_; }

  void call(const char*, FakeTrunk& from, std::optional<MediaDescription> offer, call::Setup setup) {
    ++calls_made_;
    setup.called.digits = "200";
    auto leg = from.incoming_leg();
    from.legs.back()->dialog = fmt::format("{}{}", from.name(), from.legs.size());
    auto* script = from.legs.back().get();
    manager_.on_incoming({std::move(leg), setup, std::move(offer), &from, from.policy});
    reactor_.settle();
    if (&from == &phone_ && script->listener) script->listener->on_timeslot({1, 1});
    peers_.legs.back()->dialog = fmt::format("peers{}", peers_.legs.size());
  }
  void answer(LegScript& leg) {
    answered_.insert(&leg);
    leg.listener->on_answered(audio_at("192.0.2.9:5000"));
    reactor_.settle();
  }
  void hold(LegScript& leg) {
    holds_.insert(&leg);
    left_slot_.insert(&leg);
    leg.listener->on_timeslot_left();
    leg.listener->on_held();
    reactor_.settle();
  }
  void over(LegScript& leg, Cause cause) {
    over_.insert(&leg);
    leg.listener->on_released(cause);
  }

  void add_leg_events(std::vector<Event>& events, FakeTrunk& trunk, size_t index) {
    LegScript& leg = *trunk.legs[index];
    if (!is_alive(leg)) return;
    auto add = [&](const std::string& what, std::function<void()> happen) {
      events.push_back({fmt::format("{}{} {}", trunk.name(), index + 1, what), std::move(happen)});
    };
    if (count(leg, "release") > 0) return add("confirms", [this, &leg] { over(leg, kNormalClearing); });
    add("hangs up", [this, &leg] { over(leg, kNormalClearing); });
    bool is_outgoing = count(leg, "setup") > 0;
    if (is_outgoing && !is_answered(leg)) {
      add("alerts", [&leg] { leg.listener->on_alerting(false, std::nullopt); });
      add("answers", [this, &leg] { answer(leg); });
    }
    if (!is_answered(leg)) return;
    if (awaits_answer(leg)) {
      add("agrees", [this, &leg] {
        ++agreed_[&leg];
        leg.listener->on_offer_answered(audio_at("192.0.2.9:5002"));
      });
      for (int status : {488, 491}) {
        add(fmt::format("refuses {}", status), [this, &leg, status] {
          ++agreed_[&leg];
          leg.listener->on_offer_refused(status);
        });
      }
    }
    add(holds_.contains(&leg) ? "retrieves" : "holds", [this, &trunk, &leg] { change_hold(trunk, leg); });
    add("refers to a number", [this, &leg] {
      TransferRequest request;
      request.to.digits = "300";
      if (leg.listener->on_transfer(request)) ++blind_;
    });
    for (auto& other : trunk.legs) add_pair_events(events, trunk, index, *other);
  }
  void change_hold(FakeTrunk& trunk, LegScript& leg) {
    bool holds = holds_.erase(&leg) == 0;
    if (holds) holds_.insert(&leg);
    if (&trunk == &phone_ && holds) leg.listener->on_timeslot_left();
    if (&trunk == &phone_ && !holds) leg.listener->on_timeslot({1, 1});
    holds ? leg.listener->on_held() : leg.listener->on_retrieved();
  }
  void add_pair_events(std::vector<Event>& events, FakeTrunk& trunk, size_t index, LegScript& other) {
    LegScript& leg = *trunk.legs[index];
    if (&other == &leg || !is_alive(other) || count(other, "release") > 0) return;
    events.push_back({fmt::format("{}{} transfers to the other", trunk.name(), index + 1), [&leg, &other] {
                        TransferRequest request;
                        request.other_call = other.leg;
                        leg.listener->on_transfer(request);
                      }});
    events.push_back({fmt::format("{}{} confers with the other", trunk.name(), index + 1),
                      [&leg, &other] { leg.listener->on_conference(*other.leg); }});
  }
  void add_arrivals(std::vector<Event>& events) {
    for (FakeTrunk* trunk : {&phone_, &peers_}) {
      for (auto& leg : trunk->legs) {
        if (!is_alive(*leg) || count(*leg, "release") > 0) continue;
        for (bool joins : {false, true}) {
          events.push_back({fmt::format("an INVITE {} {}", joins ? "joins" : "replaces", leg->dialog),
                            [this, joins, dialog = leg->dialog] {
                              call::Setup setup;
                              (joins ? setup.join : setup.replaces) = Replaces{dialog, "to", "from"};
                              call("other", others_, audio_at("192.0.2.5:4000"), setup);
                            }});
        }
      }
    }
  }
  void look_for_wrongs() {
    for_each_leg([this](LegScript& leg) {
      if (count(leg, "answer") > 1) wrongs_.push_back("answered twice");
      if (count(leg, "release") > 1) wrongs_.push_back("released twice");
      auto agreed = agreed_.find(&leg);
      if (count(leg, "offer") > 1 + (agreed == agreed_.end() ? 0 : agreed->second))
        wrongs_.push_back("a second offer while the first is open");
    });
  }

  Routing route(const Trunk&, const call::Setup& setup) override {
    Routing routing;
    Target& target = routing.targets.emplace_back();
    target.trunk = &peers_;
    target.setup = setup;
    return routing;
  }

  ManualReactor reactor_;
  Counters counters_;
  FakeMedia media_{reactor_};
  FakeTrunk phone_{"phone", MediaKind::Tdm, reactor_}, peers_{"peer", MediaKind::Ip, reactor_},
      others_{"other", MediaKind::Ip, reactor_};
  size_t records_ = 0, calls_made_ = 0, blind_ = 0;
  std::unordered_set<const LegScript*> over_, answered_, holds_, left_slot_;
  std::map<const LegScript*, long> agreed_;
  std::vector<std::string> wrongs_;
  CallManager manager_{{media_, reactor_, counters_}, *this, [this](const Record&) { ++records_; }};
};

TEST(ServicesExploration, EveryOrderOfTransfersAndConferencesLeavesNothingBehind) {
  constexpr size_t kDepth = 5;
  const auto old_level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  auto* old_handler = std::signal(SIGABRT, tell_path);
  using Path = std::vector<uint16_t>;
  auto replay = [](const Path& path) {
    auto world = std::make_unique<ServicesWorld>();
    path_so_far.clear();
    for (uint16_t choice : path) {
      auto event = world->possible().at(choice);
      path_so_far += event.name + ", ";
      event.happen();
      world->settle();
    }
    return world;
  };
  std::unordered_set<std::string> seen;
  std::vector<Path> level{{}};
  size_t steps = 0, conferences = 0, transfers = 0;
  int failures = 0;

  for (size_t depth = 0; depth < kDepth && failures < 10; ++depth) {
    std::vector<Path> next_level;
    for (const Path& path : level) {
      auto choices = replay(path)->possible().size();
      for (uint16_t choice = 0; choice < choices && failures < 10; ++choice) {
        Path longer = path;
        longer.push_back(choice);
        auto world = replay(longer);
        ++steps;
        bool is_new = seen.insert(world->fingerprint()).second;
        if (!is_new && world->wrongs().empty()) continue;
        conferences += world->was_conference();
        transfers += world->was_transfer();
        world->drain();
        for (const auto& wrong : world->wrongs()) ADD_FAILURE() << wrong << "\n  after: " << path_so_far;
        if (!world->wrongs().empty()) ++failures;
        if (is_new) next_level.push_back(longer);
      }
    }
    level = std::move(next_level);
  }

  std::signal(SIGABRT, old_handler);
  spdlog::set_level(old_level);
  std::printf("%zu steps, %zu states, %zu with a conference, %zu with a transfer\n", steps, seen.size(), conferences,
              transfers);
  EXPECT_GT(conferences, 100u);
  EXPECT_GT(transfers, 100u);
}

}  // namespace
}  // namespace sg::call
