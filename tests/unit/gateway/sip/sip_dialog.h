#pragma once

#include "tests/unit/gateway/sip/raw_peer.h"
#include "tests/unit/gateway/sip/two_agents.h"

namespace sg::sip {

inline std::string sdp_of(const std::string& media, int version = 1) {
  return fmt::format("v=0\r\no=raw 1 {} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{}", version, media);
}
inline const std::string kAudio = "m=audio 4000 RTP/AVP 8 0\r\n";
inline const std::string kImage = "m=image 4000 udptl t38\r\n";

inline std::string tag_of(const std::string& message) {
  auto to = RawPeer::header(message, "To");
  auto at = to.find(";tag=");
  return at == std::string::npos ? std::string{} : to.substr(at + 5);
}

inline std::string origin_of(const std::string& message) {
  auto at = message.find("o=");
  return message.substr(at, message.find("\r\n", at) - at);
}

// One agent of ours, and a peer that says what no agent of ours would.
class SipDialog : public TwoAgents {
 protected:
  SocketAddress agent() const { return called_agent->bound().front().address; }
  testing::AssertionResult until_received(const std::string& start, const std::string& containing = {}) {
    return until(
        [&] {
          return std::any_of(peer.received.begin(), peer.received.end(), [&](const std::string& message) {
            return message.starts_with(start) && message.find(containing) != std::string::npos;
          });
        },
        (start + " " + containing).c_str());
  }
  Target peer_target() const {
    Target to;
    to.host = "127.0.0.1";
    to.port = peer.address().port();
    return to;
  }
  SocketAddress back() const { return calling_agent->bound().front().address; }
  // We call the peer; its INVITE.
  std::string call_peer(const call::Setup& setup = setup_to("100"), IdentityPolicy identity = {},
                        bool follow_redirects = false) {
    auto to = peer_target();
    to.from_domain = "gw.example";
    to.identity = identity;
    to.follow_redirects = follow_redirects;
    caller.leg = std::move(*calling_agent->make_leg(to));
    caller.leg->set_listener(&caller);
    caller.leg->setup(setup, audio_at(4000));
    EXPECT_TRUE(until_received("INVITE"));
    return peer.last("INVITE");
  }
  // The peer calls and is answered; the dialog's tag.
  std::string establish_from_peer(const std::string& headers = {}, const std::string& media = kAudio) {
    peer.request(agent(), "INVITE", 1, {}, headers, sdp_of(media));
    EXPECT_TRUE(until([&] { return callee.leg != nullptr; }, "the INVITE arrives"));
    callee.leg->answer(audio_at(5000));
    EXPECT_TRUE(until_received("SIP/2.0 200", " INVITE\r\n"));
    auto tag = tag_of(peer.last("SIP/2.0 200"));
    peer.request(agent(), "ACK", 1, tag);
    settle();
    return tag;
  }

  RawPeer peer{root};
};

}  // namespace sg::sip
