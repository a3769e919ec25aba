#include "explored_world.h"

namespace sg::call::testing {
namespace {

using Phase = ExploredLeg::Phase;

size_t index(media::Side side) {
  return side == media::Side::A ? 0 : 1;
}

MediaDescription held(MediaDescription audio) {
  audio.audio->direction = Direction::SendOnly;
  return audio;
}

}  // namespace

// Writes down what it is told; whether that was allowed is judged here.
class ExploredWorld::WorldLeg final : public Leg {
 public:
  WorldLeg(ExploredWorld& world, ExploredLeg& leg) : world_(world), leg_(leg) {}
  ~WorldLeg() override {
    leg_.is_destroyed = true;
    leg_.listener = nullptr;
    if (leg_.phase != Phase::Over) world_.wrong(fmt::format("{} destroyed before it was released", leg_.name));
  }

  void set_listener(LegListener* listener) override { leg_.listener = listener; }
  MediaKind media_kind() const override { return leg_.kind; }
  std::string name() const override { return leg_.name; }
  void setup(const Setup&, const std::optional<MediaDescription>& offer) override {
    hear("setup");
    if (leg_.phase != Phase::New) wrong("set up twice");
    leg_.phase = Phase::Calling;
    leg_.awaits_answer = offer.has_value();
    if (leg_.kind == MediaKind::Tdm) tell_slot();
  }
  bool want_digits(bool) override {
    hear("want_digits");
    if (leg_.phase != Phase::Called) wrong("digits wanted in the wrong phase");
    tell_slot();
    return true;
  }
  void proceeding() override {
    hear("proceeding");
    if (leg_.kind == MediaKind::Tdm) tell_slot();
  }
  void progress(bool inband, const std::optional<MediaDescription>& media) override {
    unanswered(inband ? "progress+" : "progress", media);
  }
  void alert(bool inband, const std::optional<MediaDescription>& media) override {
    unanswered(inband ? "alert+" : "alert", media);
  }
  void answer(const std::optional<MediaDescription>& media) override {
    unanswered("answer", media);
    if (++leg_.answers > 1) wrong("answered twice");
    if (leg_.kind == MediaKind::Ip && !leg_.is_described) wrong("answered without a description");
    if (leg_.phase == Phase::Called) leg_.phase = Phase::Answered;
  }
  void release(Cause) override {
    hear("release");
    if (++leg_.releases > 1) wrong("released twice");
    if (leg_.phase == Phase::Over) wrong("released after its end");
  }
  void offer(const MediaDescription& media) override {
    hear(media.image ? "offer t38" : "offer audio");
    if (leg_.phase != Phase::Answered) wrong("offer before answer");
    if (leg_.awaits_answer) wrong("a second offer");
    leg_.awaits_answer = true;
  }
  void answer_offer(const MediaDescription& media) override {
    hear(media.image ? "accept t38" : "accept audio");
    take_offer();
  }
  void refuse_offer(int) override {
    hear("refuse");
    take_offer();
  }
  void send_digits(const std::string&) override { hear("digits"); }
  void hold() override { wait(true); }
  void retrieve() override { wait(false); }

 private:
  void hear(const std::string& what) {
    if (leg_.phase == Phase::Over) wrong(what + " after its end");
    if (leg_.releases > 0 && what != "release") wrong(what + " after release");
    leg_.heard.insert(what);
  }
  void unanswered(const std::string& what, const std::optional<MediaDescription>& media) {
    hear(media ? what + (media->image ? ":t38" : ":audio") : what);
    if (leg_.phase != Phase::Called) wrong(what + " in the wrong phase");
    if (!media) return;
    if (leg_.is_described) wrong("described twice");
    leg_.is_described = true;
    if (world_.scenario_.late_offer) leg_.awaits_answer = true;
  }
  void wait(bool waits) {
    hear(waits ? "hold" : "retrieve");
    if (leg_.phase != Phase::Answered && leg_.phase != Phase::Disconnected) wrong("held before the answer");
    if (leg_.waits == waits) wrong("held or retrieved twice");
    leg_.waits = waits;
  }
  void take_offer() {
    if (!leg_.peer_offers) wrong("answers an offer that nobody made");
    leg_.peer_offers = false;
  }
  void tell_slot() {
    world_.reactor_.post([&leg = leg_] {
      if (leg.listener && leg.phase != Phase::Over) leg.listener->on_timeslot({1, 3});
    });
  }
  void wrong(const std::string& what) { world_.wrong(fmt::format("{}: {}", leg_.name, what)); }

  ExploredWorld& world_;
  ExploredLeg& leg_;
};

class ExploredWorld::WorldTrunk final : public Trunk {
 public:
  WorldTrunk(ExploredWorld& world, std::string name, MediaKind kind)
      : world_(world), name_(std::move(name)), kind_(kind) {}
  const std::string& name() const override { return name_; }
  Patience patience() const override { return world_.scenario_.is_patient ? Patience{} : Patience{3s, 6s}; }
  tl::expected<OutgoingLeg, Cause> make_leg() override {
    static constexpr const char* kNames[] = {"A", "B", "C", "D"};
    auto leg = std::make_unique<ExploredLeg>();
    leg->name = kNames[world_.legs_.size() % 4];
    leg->kind = kind_;
    world_.legs_.push_back(std::move(leg));
    return OutgoingLeg{std::make_unique<WorldLeg>(world_, *world_.legs_.back()), {}};
  }

 private:
  ExploredWorld& world_;
  const std::string name_;
  const MediaKind kind_;
};

ExploredWorld::ExploredWorld(const Scenario& scenario) : scenario_(scenario) {
  from_ = std::make_unique<WorldTrunk>(*this, "from", scenario.caller);
  to_ = std::make_unique<WorldTrunk>(*this, "to", scenario.called);
  manager_ = std::make_unique<CallManager>(Context{*this, reactor_, counters_}, *this,
                                           [this](const Record& record) { records_.push_back(record); });
  auto in = from_->make_leg().value();
  ExploredLeg& caller = *legs_.front();
  caller.is_caller = true;
  caller.phase = Phase::Called;
  call::Setup setup;
  setup.called.digits = scenario.overlaps ? "" : "200";
  setup.called_complete = !scenario.overlaps;
  std::optional<MediaDescription> offer;
  if (scenario.caller == MediaKind::Ip && !scenario.late_offer)
    offer = scenario.offers_t38 ? t38_at("192.0.2.1:4000") : audio_at("192.0.2.1:4000");
  id_ = manager_->on_incoming({std::move(in.leg), setup, offer, from_.get(), in.policy});
  reactor_.settle();
}

ExploredWorld::~ExploredWorld() = default;

Routing ExploredWorld::route(const Trunk&, const call::Setup& setup) {
  Target target;
  target.trunk = to_.get();
  target.setup = setup;
  Routing routing;
  routing.targets.assign(scenario_.targets, target);
  return routing;
}

// Two digits may be a number, three are one.
Reach ExploredWorld::reach(const Trunk&, const call::Setup& setup) {
  size_t digits = setup.called.digits.size();
  return digits < 2 ? Reach::Partial : digits == 2 ? Reach::MayGrow : Reach::Complete;
}

void ExploredWorld::over(ExploredLeg& leg, Cause cause) {
  leg.phase = Phase::Over;
  leg.awaits_answer = leg.peer_offers = false;
  leg.listener->on_released(cause);
}

std::vector<ExploredWorld::Event> ExploredWorld::possible() {
  std::vector<Event> events;
  for (const auto& leg : legs_) {
    if (leg->listener && leg->phase != Phase::Over) add_leg_events(events, *leg);
  }
  add_media_events(events);
  if (auto next = reactor_.next_timer())
    events.push_back({"time", [this, next = *next] { reactor_.advance(next - reactor_.now()); }});
  if (!was_hung_up_ && manager_->find(id_)) {
    events.push_back({"hang up", [this] {
                        was_hung_up_ = true;
                        manager_->hang_up(id_);
                      }});
  }
  return events;
}

void ExploredWorld::add_leg_events(std::vector<Event>& events, ExploredLeg& leg) {
  auto add = [&](std::string_view name, std::function<void()> happen) {
    events.push_back({fmt::format("{} {}", leg.name, name), std::move(happen)});
  };
  // After our release only what was under way may still come, and then the end.
  if (leg.releases > 0) add("confirms", [this, &leg] { over(leg, kNormalClearing); });
  if (leg.releases == 0) add("releases 17", [this, &leg] { over(leg, kUserBusy); });
  if (leg.releases == 0 && !leg.is_caller) add("releases 34", [this, &leg] { over(leg, kNoCircuit); });
  if (leg.kind == MediaKind::Tdm && leg.phase != Phase::Disconnected) {
    for (bool inband : {false, true}) {
      add(inband ? "disconnects+" : "disconnects", [&leg, inband] {
        leg.phase = Phase::Disconnected;
        leg.listener->on_disconnected(kUserBusy, inband);
      });
    }
  }
  if (leg.phase == Phase::Answered && leg.releases == 0) {
    add(leg.holds ? "retrieves" : "holds", [&leg] {
      leg.holds = !leg.holds;
      leg.holds ? leg.listener->on_held() : leg.listener->on_retrieved();
    });
  }
  add("digits", [this, &leg] {
    if (leg.is_caller) ++dialled_;
    leg.listener->on_digits("5");
  });
  if (leg.is_caller && scenario_.overlaps) add("dials no more", [&leg] { leg.listener->on_digits_complete(); });
  if (!leg.is_caller) add_called_events(events, leg);
  if (leg.kind == MediaKind::Ip) add_offer_events(events, leg);
}

void ExploredWorld::add_called_events(std::vector<Event>& events, ExploredLeg& leg) {
  if (leg.phase != Phase::Calling) return;
  auto add = [&](std::string_view name, std::function<void()> happen) {
    events.push_back({fmt::format("{} {}", leg.name, name), std::move(happen)});
  };
  bool is_ip = leg.kind == MediaKind::Ip;
  add("proceeds", [&leg] { leg.listener->on_proceeding(); });
  if (!is_ip) add("wants digits", [&leg] { leg.listener->on_digits_wanted(true); });
  for (bool inband : {false, true}) {
    std::optional<MediaDescription> early;
    if (is_ip && inband) early = audio_at("192.0.2.9:5000");
    auto takes_answer = [&leg, early] { leg.awaits_answer = leg.awaits_answer && !early; };
    add(inband ? "progresses+" : "progresses", [&leg, inband, early, takes_answer] {
      takes_answer();
      leg.listener->on_progress(inband, early);
    });
    add(inband ? "alerts+" : "alerts", [&leg, inband, early, takes_answer] {
      takes_answer();
      leg.listener->on_alerting(inband, early);
    });
  }
  add("answers", [&leg, is_ip] {
    leg.phase = Phase::Answered;
    auto answer = is_ip && leg.awaits_answer ? std::optional(audio_at("192.0.2.9:5000")) : std::nullopt;
    leg.awaits_answer = false;
    leg.listener->on_answered(answer);
  });
  if (is_ip && leg.awaits_answer) {
    add("answers with nothing usable", [&leg] {
      leg.phase = Phase::Answered;
      leg.awaits_answer = false;
      leg.listener->on_answered(audio_at("192.0.2.9:5000", {}));
    });
  }
  if (!is_ip) add("moves", [&leg] { leg.listener->on_timeslot({1, 4}); });
}

void ExploredWorld::add_offer_events(std::vector<Event>& events, ExploredLeg& leg) {
  auto add = [&](std::string_view name, std::function<void()> happen) {
    events.push_back({fmt::format("{} {}", leg.name, name), std::move(happen)});
  };
  if (leg.releases > 0 || leg.phase != Phase::Answered) return;
  if (leg.awaits_answer) {
    for (bool image : {false, true}) {
      add(image ? "agrees t38" : "agrees audio", [&leg, image] {
        leg.awaits_answer = false;
        leg.listener->on_offer_answered(image ? t38_at("192.0.2.1:4002") : audio_at("192.0.2.1:4002"));
      });
    }
    for (int status : {488, 491, 481}) {
      // The answer to an offer in a 200 comes in an ACK, which cannot refuse.
      if (leg.is_caller && scenario_.late_offer && leg.answers && !leg.heard.contains("offer t38")) break;
      add(fmt::format("refuses {}", status), [&leg, status] {
        leg.awaits_answer = false;
        leg.listener->on_offer_refused(status);
      });
    }
    return;
  }
  auto offer = [&](std::string_view name, MediaDescription media) {
    add(name, [&leg, media = std::move(media)] {
      leg.peer_offers = true;
      leg.listener->on_offer(media);
    });
  };
  offer("offers t38", t38_at("192.0.2.1:4004"));
  offer("offers both", {audio_at("192.0.2.1:4006").audio, t38_at("192.0.2.1:4004").image});
  offer("offers audio", audio_at("192.0.2.1:4006"));
  offer("offers to hold", held(audio_at("192.0.2.1:4006")));
  offer("offers nothing usable", audio_at("192.0.2.1:4006", {}));
}

void ExploredWorld::add_media_events(std::vector<Event>& events) {
  if (session_ == Session::Closing)
    events.push_back({"media closed", [this] {
                        session_ = Session::Closed;
                        if (media_listener_) media_listener_->on_media_event(session_id_, media::Closed{});
                      }});
  if (session_ != Session::Open) return;
  for (media::Side side : {media::Side::A, media::Side::B}) {
    const char* name = side == media::Side::A ? "a" : "b";
    if (!preamble_heard_[index(side)]) {
      events.push_back({fmt::format("preamble {}", name), [this, side] {
                          preamble_heard_[index(side)] = true;
                          tell_media(media::ToneHeard{side, media::HeardTone::V21Preamble});
                        }});
    }
    events.push_back({fmt::format("digit heard {}", name), [this, side] { tell_media(media::DigitHeard{side, '7'}); }});
    if (has_bearer_[index(side)])
      events.push_back({fmt::format("side {} fails", name), [this, side] { tell_media(media::SideFailed{side, ""}); }});
  }
  events.push_back({"media timeout", [this] { tell_media(media::MediaTimeout{media::Side::A}); }});
}

void ExploredWorld::tell_media(const media::Event& event) {
  if (media_listener_) media_listener_->on_media_event(session_id_, event);
}

void ExploredWorld::drain(bool caller_first) {
  reactor_.settle();
  auto end = [&](ExploredLeg& leg) {
    if (!leg.listener || leg.phase == Phase::Over) return;
    over(leg, kNormalClearing);
    reactor_.settle();
  };
  size_t tried = legs_.size();
  end(caller_first ? *legs_.front() : *legs_.back());
  if (legs_.size() > tried) end(*legs_.front());  // it went on to the next target
  // The rest must have been asked to go; a leg that was forgotten stays, and is told of.
  for (size_t i = 0; i < legs_.size(); ++i) {
    if (legs_[i]->releases > 0) end(*legs_[i]);
  }
  if (session_ == Session::Closing) {
    session_ = Session::Closed;
    media_listener_->on_media_event(session_id_, media::Closed{});
  }
  reactor_.settle();
}

std::vector<std::string> ExploredWorld::left_behind() const {
  std::vector<std::string> left;
  for (const auto& leg : legs_) {
    if (leg->phase != Phase::Over) left.push_back(fmt::format("leg {} is not released", leg->name));
    if (!leg->is_destroyed) left.push_back(fmt::format("leg {} is not destroyed", leg->name));
  }
  for (size_t side : {0, 1}) {
    if (has_bearer_[side]) left.push_back("a timeslot is still in use");
  }
  if (session_ != Session::Closed) left.push_back("the session is open");
  if (!manager_->calls().empty()) left.push_back("the call is there");
  if (reactor_.armed_timers() != 0) left.push_back(fmt::format("{} timers are armed", reactor_.armed_timers()));
  if (records_.size() != 1) left.push_back(fmt::format("{} records were written", records_.size()));
  return left;
}

std::string ExploredWorld::fingerprint() const {
  std::string print;
  for (const auto& leg : legs_) {
    print += fmt::format("{}:{}{}{}{}{}{}{}|", leg->name, static_cast<int>(leg->phase), leg->is_described,
                         leg->awaits_answer, leg->peer_offers, leg->holds, leg->waits, leg->releases);
  }
  print += fmt::format("s{} {}{} {}/{} {}{} b{} p{} {}{}{}", static_cast<int>(session_), has_bearer_[0], has_bearer_[1],
                       media_[0], media_[1], static_cast<int>(tone_[0]), static_cast<int>(tone_[1]),
                       static_cast<int>(bridging_), static_cast<int>(profile_), preamble_heard_[0], preamble_heard_[1],
                       was_hung_up_);
  if (scenario_.overlaps) print += fmt::format(" d{}", std::min<size_t>(dialled_, 4));
  const Call* call = manager_->find(id_);
  if (!call) return print + " gone";
  print += fmt::format(" {} {}", name_of(call->state()), name_of(call->caller().mode()));
  if (call->called()) print += name_of(call->called()->mode());
  print += fmt::format(" t{}", reactor_.armed_timers());
  if (auto next = reactor_.next_timer()) print += fmt::format(" {}", (*next - reactor_.now()).count());
  return print;
}

SessionId ExploredWorld::open(CallId) {
  if (session_ != Session::None) wrong("a second session");
  session_ = Session::Open;
  return session_id_;
}
void ExploredWorld::media_command(const char* what) {
  if (session_ != Session::Open) wrong(fmt::format("media: {} after close", what));
}
Result<SocketAddress> ExploredWorld::add_ip(SessionId, media::Side side, const std::string& host) {
  media_command("add_ip");
  return SocketAddress::parse(host, static_cast<uint16_t>(20000 + 2 * index(side)));
}
void ExploredWorld::add_bearer(SessionId, media::Side side, tdm::Timeslot, const tdm::ToneZone*) {
  media_command("add_bearer");
  has_bearer_[index(side)] = true;
}
void ExploredWorld::remove_bearer(SessionId, media::Side side) {
  media_command("remove_bearer");
  has_bearer_[index(side)] = false;
}
void ExploredWorld::use_rtp(SessionId, media::Side side, const media::RtpSettings& settings) {
  media_command("use_rtp");
  media_[index(side)] = fmt::format("rtp{}{}", settings.send, settings.receive);
}
void ExploredWorld::use_t38(SessionId, media::Side side, const media::T38Settings&) {
  media_command("use_t38");
  media_[index(side)] = "t38";
}
void ExploredWorld::set_bridging(SessionId, media::Bridging value) {
  media_command("set_bridging");
  if (value == media::Bridging::Both && legs_.front()->answers == 0) wrong("the caller is heard before the answer");
  bridging_ = value;
}
void ExploredWorld::set_profile(SessionId, media::Profile value) {
  media_command("set_profile");
  profile_ = value;
}
void ExploredWorld::play(SessionId, media::Side side, media::Tone tone, const tdm::ToneZone&) {
  media_command("play");
  tone_[index(side)] = tone;
}
void ExploredWorld::send_digit(SessionId, media::Side, char, std::chrono::milliseconds) {
  media_command("send_digit");
}
void ExploredWorld::close(SessionId) {
  media_command("close");
  // The service closes the bearers of a session with it.
  has_bearer_[0] = has_bearer_[1] = false;
  session_ = Session::Closing;
}

}  // namespace sg::call::testing
