#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/bound_socket.h"
#include "gateway/app/admin_view.h"
#include "gateway/app/configs.h"
#include "gateway/app/incoming_calls.h"
#include "gateway/trunk/sip_options.h"
#include "tests/support/own_host.h"
#include "tests/unit/gateway/call/fakes.h"
#include "tests/unit/gateway/trunk/fake_signalling.h"

namespace sg::app::testing {

// The parts of a gateway with one line of four timeslots, whose far end is the test, and one SIP peer, who never
// answers. The media plane is a fake. Calls from the line go to the peer.
class SmallGateway : public ::testing::Test {
 protected:
  explicit SmallGateway(const std::string& more = "") {
    std::filesystem::create_directories(folder);
    settings = conf::parse(write(more), file()).value();
    history = CallHistory::open(settings, counters).value();
    backends = trunk::Backends::start(settings, root, counters).value();
    incoming.emplace(settings, counters);
    agent = sip::SipAgent::start(root, agent_config(settings), *incoming, counters).value();
    factory.emplace(settings, trunk::TrunkFactory::Parts{*backends, agent.get(), root, counters});
    trunks.emplace();
    trunks->add(trunk::sip_options(settings.sip_trunks[0], settings), *agent);
    add_line();
    routing.emplace(routing::DialPlan::make(settings).value(),
                    routing::CallRouting::Context{*trunks, history->fax_memory(), root, counters});
    calls.emplace(call::Context{media, root, counters}, *routing,
                  [this](const call::Record& record) { history->add(record); });
    incoming->open({*trunks, *routing, *calls});
    span_watch.emplace(root, *backends, *trunks);
    reloader.emplace(Reloader::Parts{settings, *routing, *trunks, *factory, *calls, root, counters});
    view.emplace(AdminView::Parts{settings, root, counters, *history, *backends, *span_watch, agent.get(), *routing,
                                  media, *trunks, *calls, *reloader});
  }
  ~SmallGateway() override {
    incoming->close();
    view.reset();
    reloader.reset();
    calls.reset();
    span_watch.reset();
    trunks.reset();
    agent.reset();
    std::filesystem::remove_all(folder);
  }

  // The file, with `more` at its end; its text.
  std::string write(const std::string& more) const {
    const std::string text = "[span.1]\nlocal = \"" + support::own_host() + ":4000\"" + R"(
type = "E1"
remote = "127.0.0.1:9"
[sip]
listen = "udp:127.0.0.1:0"
[trunk.pstn]
kind = "pri"
spans = [1]
[trunk.pbx]
kind = "sip"
peer = "sip:)" + peer() + R"("
probe = "0s"
[[route]]
name = "in"
from = "pstn"
called = "*"
to = "pbx"
)" + more;
    std::ofstream(file()) << text;
    return text;
  }
  std::string file() const { return folder / "spangate.toml"; }
  static std::string peer() { return support::own_host() + ":5069"; }

  // The line's far end calls, and has its timeslot.
  CallId call_from_line(const std::string& number) {
    tdm::Setup setup;
    setup.called.digits = number;
    line->call(setup);
    CallId id = calls->calls().back()->id();
    EXPECT_TRUE(until([&] { return calls->find(id)->caller().slot().has_value(); }));
    return id;
  }
  template <class Condition>
  bool until(Condition&& condition) {
    const auto deadline = root.now() + 30s;
    while (!condition() && root.now() < deadline) root.step(10ms);
    return condition();
  }

  const std::filesystem::path folder = ::testing::TempDir() + "sg-app-" + std::to_string(::getpid());
  // Whom INVITEs reach, and nobody reads them.
  const UniqueFd silent_peer = bound_socket(SocketAddress::parse(peer()).value(), SOCK_DGRAM).value();
  sip::SuRoot root;
  Counters counters;
  call::testing::FakeMedia media{root};
  conf::Settings settings;
  trunk::testing::FakeSignalling* line = nullptr;
  std::unique_ptr<CallHistory> history;
  std::unique_ptr<trunk::Backends> backends;
  std::optional<IncomingCalls> incoming;
  std::unique_ptr<sip::SipAgent> agent;
  std::optional<trunk::TrunkFactory> factory;
  std::optional<trunk::Trunks> trunks;
  std::optional<trunk::SpanWatch> span_watch;
  std::optional<routing::CallRouting> routing;
  std::optional<call::CallManager> calls;
  std::optional<Reloader> reloader;
  std::optional<AdminView> view;

 private:
  void add_line() {
    auto signalling = std::make_unique<trunk::testing::FakeSignalling>(root, uint16_t{1}, uint8_t{4});
    line = signalling.get();
    trunk::TdmTrunk::Options options;
    options.name = "pstn";
    options.interfaces.push_back(std::move(signalling));
    trunks->add(std::make_unique<trunk::TdmTrunk>(
        std::move(options), root, counters,
        [this](trunk::TdmTrunk& from, std::unique_ptr<call::Leg> leg, const call::Setup& setup) {
          incoming->take(from, std::move(leg), setup);
        }));
  }
};

}  // namespace sg::app::testing
