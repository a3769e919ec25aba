#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/manual_reactor.h"
#include "gateway/call/call_manager.h"

// Legs, trunks and a media plane that only write down what they are told, and speak when the test says so.
namespace sg::call::testing {

inline SocketAddress address(const std::string& text) {
  return SocketAddress::parse(text).value();
}

// What a leg saw and where to speak back; outlives the leg.
struct LegScript {
  LegListener* listener = nullptr;
  std::vector<std::string> heard;
  std::optional<MediaDescription> last_media;
  Cause released_with;
  std::optional<party::Redirection> redirection;  // of setup()
  std::string dialog = "none";                    // the Call-ID that Replaces names it by
  bool destroyed = false;
  bool joins = false;  // whether its far end can be asked to join two calls
  const Leg* leg = nullptr;

  bool heard_command(const std::string& command) const {
    return std::find(heard.begin(), heard.end(), command) != heard.end();
  }
};

class FakeLeg final : public Leg {
 public:
  FakeLeg(LegScript& script, MediaKind kind, Reactor& reactor, bool confirms_release = true)
      : script_(script), kind_(kind), reactor_(reactor), confirms_release_(confirms_release) {
    script_.leg = this;
  }
  ~FakeLeg() override {
    script_.destroyed = true;
    script_.listener = nullptr;
  }

  void set_listener(LegListener* listener) override { script_.listener = listener; }
  MediaKind media_kind() const override { return kind_; }
  std::string name() const override { return "fake"; }
  void setup(const Setup& setup, const std::optional<MediaDescription>& offer) override {
    script_.redirection = setup.redirection;
    hear("setup " + setup.called.digits, offer);
  }
  bool want_digits(bool inband_dial_tone) override {
    hear(inband_dial_tone ? "want_digits tone" : "want_digits", std::nullopt);
    return kind_ == MediaKind::Tdm;
  }
  void forwarded() override { hear("forwarded", std::nullopt); }
  bool join_at_far_end(const Leg& other) override {
    if (script_.joins) hear("join with " + other.name(), std::nullopt);
    return script_.joins;
  }
  void proceeding() override { hear("proceeding", std::nullopt); }
  void progress(bool inband, const std::optional<MediaDescription>& media) override {
    hear(inband ? "progress inband" : "progress", media);
  }
  void alert(bool inband, const std::optional<MediaDescription>& media) override {
    hear(inband ? "alert inband" : "alert", media);
  }
  void answer(const std::optional<MediaDescription>& media) override { hear("answer", media); }
  void release(Cause cause) override {
    hear(fmt::format("release {}", cause.q850), std::nullopt);
    script_.released_with = cause;
    if (std::exchange(is_releasing_, true) || !confirms_release_) return;
    // As the contract says: told from the loop, once.
    reactor_.post([script = &script_, cause] {
      if (script->listener) script->listener->on_released(cause);
    });
  }
  void offer(const MediaDescription& media) override { hear("offer", media); }
  void answer_offer(const MediaDescription& media) override { hear("answer_offer", media); }
  void refuse_offer(int status) override { hear(fmt::format("refuse_offer {}", status), std::nullopt); }
  void send_digits(const std::string& digits) override { hear("digits " + digits, std::nullopt); }
  void hold() override { hear("hold", std::nullopt); }
  void retrieve() override { hear("retrieve", std::nullopt); }
  void conference(bool is_on) override { hear(is_on ? "conference" : "no conference", std::nullopt); }
  void transfer_progress(int status) override { hear(fmt::format("transfer {}", status), std::nullopt); }
  void connected_party(const party::CallingParty& party) override {
    hear("connected " + party.number.digits, std::nullopt);
  }
  bool is_dialog(const Replaces& replaces) const override { return replaces.call_id == script_.dialog; }
  std::optional<Replaces> ended_dialog() const override {
    return is_releasing_ ? std::optional(Replaces{script_.dialog, "to", "from"}) : std::nullopt;
  }

 private:
  void hear(std::string command, std::optional<MediaDescription> media) {
    script_.heard.push_back(std::move(command));
    if (media) script_.last_media = media;
  }

  LegScript& script_;
  const MediaKind kind_;
  Reactor& reactor_;
  const bool confirms_release_;
  bool is_releasing_ = false;
};

class FakeTrunk final : public Trunk {
 public:
  FakeTrunk(std::string name, MediaKind kind, Reactor& reactor)
      : name_(std::move(name)), kind_(kind), reactor_(reactor) {}
  const std::string& name() const override { return name_; }
  TrunkState state() const override { return {true, is_full, ""}; }
  bool is_blocked(tdm::Timeslot slot) const override { return blocked == slot; }
  const CauseMap& causes() const override { return cause_map; }
  bool allows_transfer() const override { return may_transfer; }
  bool carries_data() const override { return takes_data; }
  tl::expected<OutgoingLeg, Cause> make_leg() override {
    if (refuses_with) return tl::unexpected(*refuses_with);
    return OutgoingLeg{incoming_leg(), policy};
  }
  Patience patience() const override { return patience_; }
  void on_called(Obstacle obstacle) override { met.push_back(obstacle); }
  std::unique_ptr<Leg> incoming_leg() {
    legs.push_back(std::make_unique<LegScript>());
    return std::make_unique<FakeLeg>(*legs.back(), kind_, reactor_, confirms_releases);
  }

  MediaPolicy policy;
  CauseMap cause_map;
  std::optional<Cause> refuses_with;
  Patience patience_;
  bool may_transfer = true;
  bool takes_data = true;
  bool is_full = false;
  std::optional<tdm::Timeslot> blocked;
  std::vector<Obstacle> met;      // what calls that went there met
  bool confirms_releases = true;  // false: the test says when a leg that was released is over
  std::vector<std::unique_ptr<LegScript>> legs;

 private:
  const std::string name_;
  const MediaKind kind_;
  Reactor& reactor_;
};

class FakeMedia final : public media::Service {
 public:
  explicit FakeMedia(Reactor& reactor) : reactor_(reactor) {}

  void set_listener(Listener* listener) override { listener_ = listener; }
  SessionId open(CallId) override {
    open_sessions.push_back(SessionId{++last_});
    return open_sessions.back();
  }
  Result<SocketAddress> add_ip(SessionId, media::Side side, const std::string& host) override {
    if (no_ports) return fail("no port is free");
    return SocketAddress::parse(host, static_cast<uint16_t>(20000 + 2 * static_cast<int>(side)));
  }
  void add_bearer(SessionId, media::Side side, tdm::Timeslot slot, const tdm::ToneZone*) override {
    note(side, fmt::format("bearer {}", slot));
  }
  void remove_bearer(SessionId, media::Side side) override { note(side, "no bearer"); }
  void use_rtp(SessionId, media::Side side, const media::RtpSettings& settings) override {
    note(side, "rtp " + settings.remote.to_string());
    rtp[side] = settings;
  }
  void use_t38(SessionId, media::Side side, const media::T38Settings& settings) override {
    note(side, "t38 " + settings.remote.to_string());
    t38[side] = settings;
  }
  void set_bridging(SessionId, media::Bridging value) override { bridging = value; }
  void set_profile(SessionId, media::Profile value) override { profile = value; }
  void play(SessionId, media::Side side, media::Tone tone, const tdm::ToneZone& zone) override {
    note(side, fmt::format("play {}", static_cast<int>(tone)));
    tones[side] = tone;
    zones[side] = zone.name;
  }
  void send_digit(SessionId, media::Side side, char digit, std::chrono::milliseconds) override {
    note(side, fmt::format("digit {}", digit));
  }
  void close(SessionId session) override {
    std::erase(open_sessions, session);
    reactor_.post([this, session] {
      if (listener_) listener_->on_media_event(session, media::Closed{});
    });
  }
  Snapshot snapshot() const override { return {1, open_sessions.size()}; }
  void ask_stats(SessionId, std::function<void(std::optional<media::SessionStats>)> answer) override {
    answer(std::nullopt);
  }

  void hear(media::Side side, media::HeardTone tone) { tell(media::ToneHeard{side, tone}); }
  void tell(const media::Event& event) { listener_->on_media_event(SessionId{last_}, event); }
  bool did(media::Side side, const std::string& what) const {
    auto noted = fmt::format("{} {}", letter(side), what);
    return std::find(log.begin(), log.end(), noted) != log.end();
  }

  std::vector<SessionId> open_sessions;
  std::vector<std::string> log;
  std::map<media::Side, media::RtpSettings> rtp;
  std::map<media::Side, media::T38Settings> t38;
  std::map<media::Side, media::Tone> tones;
  std::map<media::Side, std::string_view> zones;  // of the tones
  media::Bridging bridging = media::Bridging::None;
  media::Profile profile = media::Profile::Voice;
  bool no_ports = false;

 private:
  static char letter(media::Side side) { return "abc"[static_cast<size_t>(side)]; }
  void note(media::Side side, const std::string& what) { log.push_back(fmt::format("{} {}", letter(side), what)); }

  Reactor& reactor_;
  Listener* listener_ = nullptr;
  uint64_t last_ = 0;
};

inline MediaDescription audio_at(const std::string& where, std::vector<AudioCodec> codecs = {{CodecId::Pcma, 8}}) {
  AudioStream audio;
  audio.rtp = address(where);
  audio.codecs = std::move(codecs);
  return {audio, std::nullopt};
}

inline MediaDescription t38_at(const std::string& where) {
  return {std::nullopt, ImageStream{address(where), {}}};
}

}  // namespace sg::call::testing
