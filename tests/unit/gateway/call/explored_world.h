#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/manual_reactor.h"
#include "fakes.h"
#include "gateway/call/call_manager.h"

// A gateway with one call in a world that does only what it is told, and that says at each moment what could happen
// next. Legs are released, and sessions closed, when the explorer says so, so that everything can cross.
namespace sg::call::testing {

// What a call is made of: the ways of its first message that lead to different code.
struct Scenario {
  const char* name;
  MediaKind caller, called;
  bool late_offer = false;  // the caller's INVITE comes without SDP
  bool offers_t38 = false;  // the caller's INVITE has T.38 only
  size_t targets = 1;
  bool is_patient = true;  // false: a silent target is passed over
  bool overlaps = false;   // the caller dials digit by digit
};

// One leg: how far it has come, as its far end and its protocol would know.
struct ExploredLeg {
  enum class Phase : uint8_t { New, Calling, Called, Answered, Disconnected, Over };
  const char* name;
  MediaKind kind;
  bool is_caller = false;
  Phase phase = Phase::New;
  bool is_described = false;   // IP, called: its answer was given
  bool awaits_answer = false;  // IP: an offer of ours waits for its peer
  bool peer_offers = false;    // IP: an offer of the peer waits for us
  bool holds = false, waits = false;
  int releases = 0, answers = 0;
  std::set<std::string> heard;  // everything it was told
  LegListener* listener = nullptr;
  bool is_destroyed = false;
};

class ExploredWorld final : public Router, public media::Service {
 public:
  struct Event {
    std::string name;
    std::function<void()> happen;
  };

  explicit ExploredWorld(const Scenario& scenario);
  ~ExploredWorld() override;

  // What may happen now. The order is the same for the same past.
  std::vector<Event> possible();
  // Both ends hang up, and everything that was asked for is confirmed. `caller_first`: who begins.
  void drain(bool caller_first);
  // All that later behaviour can depend on, as far as it can be seen from outside.
  std::string fingerprint() const;
  // What was done that must never be done.
  const std::vector<std::string>& wrongs() const { return wrongs_; }
  // What is left once both ends are gone; empty: nothing.
  std::vector<std::string> left_behind() const;
  void settle() { reactor_.settle(); }

 private:
  class WorldLeg;
  class WorldTrunk;

  void add_leg_events(std::vector<Event>& events, ExploredLeg& leg);
  void add_called_events(std::vector<Event>& events, ExploredLeg& leg);
  void add_offer_events(std::vector<Event>& events, ExploredLeg& leg);
  void add_media_events(std::vector<Event>& events);
  void over(ExploredLeg& leg, Cause cause);
  void wrong(const std::string& what) { wrongs_.push_back(what); }

  Routing route(const Trunk& from, const Setup& setup) override;
  Reach reach(const Trunk& from, const Setup& setup) override;

  void set_listener(Listener* listener) override { media_listener_ = listener; }
  SessionId open(CallId) override;
  Result<SocketAddress> add_ip(SessionId, media::Side side, const std::string& host) override;
  void add_bearer(SessionId, media::Side side, tdm::Timeslot slot, const tdm::ToneZone* busy_tones) override;
  void remove_bearer(SessionId, media::Side side) override;
  void use_rtp(SessionId, media::Side side, const media::RtpSettings& settings) override;
  void use_t38(SessionId, media::Side side, const media::T38Settings& settings) override;
  void set_bridging(SessionId, media::Bridging value) override;
  void set_profile(SessionId, media::Profile value) override;
  void play(SessionId, media::Side side, media::Tone tone, const tdm::ToneZone& zone) override;
  void send_digit(SessionId, media::Side side, char digit, std::chrono::milliseconds length) override;
  void close(SessionId) override;
  Snapshot snapshot() const override { return {1, 1}; }
  void ask_stats(SessionId, std::function<void(std::optional<media::SessionStats>)>) override {}
  // Every command to the session passes here.
  void media_command(const char* what);
  void tell_media(const media::Event& event);

  enum class Session : uint8_t { None, Open, Closing, Closed };

  const Scenario scenario_;
  ManualReactor reactor_;
  Counters counters_;
  std::vector<std::string> wrongs_;
  std::vector<std::unique_ptr<ExploredLeg>> legs_;  // the caller first
  std::unique_ptr<WorldTrunk> from_, to_;
  Listener* media_listener_ = nullptr;
  Session session_ = Session::None;
  SessionId session_id_{1};
  bool has_bearer_[2] = {};
  std::string media_[2];  // what each side carries: "", "rtp", "t38"
  media::Tone tone_[2] = {};
  media::Bridging bridging_ = media::Bridging::None;
  media::Profile profile_ = media::Profile::Voice;
  bool preamble_heard_[2] = {};
  bool was_hung_up_ = false;
  size_t dialled_ = 0;
  std::vector<Record> records_;
  std::unique_ptr<CallManager> manager_;
  CallId id_;
};

}  // namespace sg::call::testing
