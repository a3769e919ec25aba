#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/sip/sip_agent.h"

// Two SIP agents on one root, over loopback: a caller and a callee, each with a listener that writes down what it
// hears.
namespace sg::sip {

constexpr auto kDeadline = 10s;

inline call::MediaDescription audio_at(uint16_t port, const char* host = "127.0.0.1") {
  call::AudioStream audio;
  audio.rtp = *SocketAddress::parse(host, port);
  audio.codecs = {{CodecId::Pcma, 8}, {CodecId::Pcmu, 0}};
  return {.audio = audio, .image = std::nullopt};
}

inline call::MediaDescription image_at(uint16_t port, const char* host = "127.0.0.1") {
  call::ImageStream image;
  image.udptl = *SocketAddress::parse(host, port);
  return {.audio = std::nullopt, .image = image};
}

struct Party : call::LegListener {
  std::unique_ptr<call::Leg> leg;
  std::vector<std::string> heard;
  std::optional<call::MediaDescription> media;  // the last that came with an event
  std::optional<call::Cause> cause;
  int refused_with = 0;
  bool inband = false;
  std::string digits;

  bool has_heard(std::string_view event) const { return times_heard(event) > 0; }
  long times_heard(std::string_view event) const { return std::count(heard.begin(), heard.end(), event); }

  void on_proceeding() override { heard.push_back("proceeding"); }
  void on_progress(bool is_inband, const std::optional<call::MediaDescription>& early) override {
    note("progress", early), inband = is_inband;
  }
  void on_alerting(bool is_inband, const std::optional<call::MediaDescription>& early) override {
    note("alerting", early), inband = is_inband;
  }
  void on_answered(const std::optional<call::MediaDescription>& answer) override { note("answered", answer); }
  void on_timeslot(tdm::Timeslot) override { heard.push_back("timeslot"); }
  void on_disconnected(call::Cause, bool) override { heard.push_back("disconnected"); }
  void on_released(call::Cause why) override {
    heard.push_back("released");
    cause = why;
  }
  void on_offer(const call::MediaDescription& offer) override { note("offer", offer); }
  void on_offer_answered(const call::MediaDescription& answer) override { note("offer answered", answer); }
  void on_offer_refused(int status) override {
    heard.push_back("offer refused");
    refused_with = status;
  }
  std::optional<call::MediaDescription> on_offer_wanted() override {
    heard.emplace_back("offer wanted");
    return wanted;
  }
  void on_digits(const std::string& more) override { digits += more; }
  void on_connected_party(const party::CallingParty& party) override {
    heard.emplace_back("connected party");
    connected = party;
  }
  void on_user_user(const party::UserUser& data) override {
    heard.emplace_back("user to user");
    user_user = data;
  }
  void on_held() override { heard.emplace_back("held"); }
  void on_retrieved() override { heard.emplace_back("retrieved"); }
  bool on_transfer(const call::TransferRequest& request) override {
    heard.emplace_back("transfer");
    transfer = request;
    return accepts_transfer;
  }
  void on_peer_gone(call::PeerGone how) override {
    heard.emplace_back(how == call::PeerGone::SessionExpired    ? "session expired"
                       : how == call::PeerGone::NotAcknowledged ? "not acknowledged"
                                                                : "unreachable");
  }
  void on_redirected(const std::vector<call::Redirect>& to) override {
    heard.emplace_back("redirected");
    redirects = to;
  }

  std::optional<call::MediaDescription> wanted;  // what an INVITE without SDP is offered, where not what stands
  std::optional<party::CallingParty> connected;
  std::optional<party::UserUser> user_user;
  std::optional<call::TransferRequest> transfer;
  std::vector<call::Redirect> redirects;
  bool accepts_transfer = true;

 private:
  void note(const char* event, const std::optional<call::MediaDescription>& described) {
    heard.emplace_back(event);
    if (described) media = described;
  }
};

class TwoAgents : public testing::Test, public SipAgent::Listener {
 protected:
  void SetUp() override { start({Transport::Udp, *SocketAddress::parse("127.0.0.1:0")}); }

  void start(const Listen& listen, std::chrono::seconds session_expires = 1800s) {
    // Legs die before their agents.
    caller = Party{};
    callee = Party{};
    calling_agent.reset();
    called_agent.reset();
    AgentConfig config;
    config.listen = {listen};
    config.session_expires = session_expires;
    config.min_se = std::min(config.min_se, session_expires);
    config.limits = limits;
    config.reinvite_patience = reinvite_patience;
    config.transaction_patience = transaction_patience;
    config.connections = connection_limits;
    config.overload = overload_limits;
    calling_agent = std::move(*SipAgent::start(root, config, *this, counters));
    called_agent = std::move(*SipAgent::start(root, config, *this, counters));
  }

  void on_invite(std::unique_ptr<call::Leg> leg, const call::Setup& setup, const InviteInfo& info) override {
    ++invites;
    last_setup = setup;
    last_info = info;
    if (refuse_with) return leg->release(call::cause_of_sip(refuse_with));
    if (drop) return;
    callee.leg = std::move(leg);
    callee.leg->set_listener(&callee);
  }

  bool admits(const SocketAddress& source) override { return admits_all || !trunk_of(source).empty(); }
  std::string trunk_of(const SocketAddress& source) override {
    auto found = trunks.find(source.host());
    return found == trunks.end() ? std::string{} : found->second;
  }
  bool is_listed(const std::string& trunk, const SocketAddress& source) override { return trunk_of(source) == trunk; }
  int options_status(const SocketAddress&) override { return answers_options_with; }
  bool is_emergency(const call::Setup& setup, const SocketAddress&) override { return setup.called.digits == "112"; }

  // Steps the root until the condition holds.
  template <class Condition>
  testing::AssertionResult until(Condition&& condition, const char* what) {
    auto deadline = root.now() + kDeadline;
    while (!condition()) {
      if (root.now() > deadline) return testing::AssertionFailure() << "waited in vain until " << what;
      root.step(50ms);
    }
    return testing::AssertionSuccess();
  }
  testing::AssertionResult until_heard(const Party& party, const std::string& event, long times = 1) {
    return until([&] { return party.times_heard(event) >= times; }, event.c_str());
  }
  // Whatever was sent over loopback is there at the next turns of the root: nothing more is to come of it then.
  void settle() {
    for (int i = 0; i < 20; ++i) root.step(1ms);
  }

  Target target() const {
    const auto& listen = called_agent->bound().front();
    Target to;
    to.host = listen.address.host();
    to.port = listen.address.port();
    to.transport = listen.transport;
    return to;
  }
  static call::Setup setup_to(const std::string& number) {
    call::Setup setup;
    setup.called.digits = number;
    setup.calling.number.digits = "4711";
    return setup;
  }

  void call(const std::optional<call::MediaDescription>& offer, const call::Setup& setup = setup_to("100")) {
    caller.leg = std::move(*calling_agent->make_leg(target()));
    caller.leg->set_listener(&caller);
    caller.leg->setup(setup, offer);
  }
  void establish() {
    call(audio_at(4000));
    ASSERT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
    callee.leg->answer(audio_at(5000));
    ASSERT_TRUE(until_heard(caller, "answered"));
    settle();
  }

  SuRoot root;
  Counters counters;
  std::unique_ptr<SipAgent> calling_agent, called_agent;
  Party caller, callee;
  int invites = 0;
  int refuse_with = 0;
  bool drop = false;
  bool admits_all = true;
  std::map<std::string, std::string> trunks;  // by the address that they list
  int answers_options_with = 200;
  guard::RequestLimits limits;
  std::chrono::milliseconds reinvite_patience{31000}, transaction_patience{32000};
  guard::ConnectionLimits connection_limits;
  guard::OverloadLimits overload_limits;
  call::Setup last_setup;
  InviteInfo last_info;
};

}  // namespace sg::sip
