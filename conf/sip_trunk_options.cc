// [trunk.NAME] of kind "sip".
#include "conf/kinds.h"
#include "conf/options.h"
#include "conf/trunk_options.h"

namespace sg::conf {

const std::vector<Option<SipTrunk>>& sip_trunk_options() {
  static const auto options = joined(
      make_trunk_options<SipTrunk>("sip"),
      {
          option<SipTrunk>("peer", &SipTrunk::peer, peer_address(), "Where calls are sent.")
              .live()
              .needed("\"sip:127.0.0.1:5070\""),
          option<SipTrunk>(
              "allow_from", &SipTrunk::allow_from, list(address_range()),
              "Whose calls are taken as this trunk's: addresses or blocks of them. Empty: the peer's own address.")
              .live(),
          option<SipTrunk>("codecs", &SipTrunk::codecs, list(choice<CodecId>(), false),
                           "G.711 laws that are offered and accepted, the preferred first.")
              .live(),
          option<SipTrunk>(
              "dtmf", &SipTrunk::dtmf,
              choice<Dtmf>({{"rfc4733", Dtmf::Rfc4733}, {"inband", Dtmf::Inband}, {"info", Dtmf::Info}}),
              "How digits travel. rfc4733: as telephone events, to a peer that does not know them as "
              "tones; inband: always as tones; info: by SIP INFO (application/dtmf-relay), and telephone "
              "events are neither offered nor accepted. Digits that come by SIP INFO are understood in any "
              "case.")
              .live(),
          option<SipTrunk>("first_response", &SipTrunk::first_response, duration(200ms, 60s),
                           "How long the peer may give no response at all to a call, before the next target is tried.")
              .live(),
          option<SipTrunk>(
              "first_progress", &SipTrunk::first_progress, duration(500ms, 180s),
              "How long the peer may give neither 18x nor a final response, before the next target is tried.")
              .live(),
          option<SipTrunk>("probe", &SipTrunk::probe, duration(0s, 1h),
                           "How often the peer is asked by OPTIONS whether it is there. After 3 misses in a row it is "
                           "down and passed over, after 2 answers up again. 0s: never asked.")
              .live(),
          option<SipTrunk>(
              "identity", &SipTrunk::identity, choice<IdentityStyle>(),
              "How the peer is told who calls. pai: P-Asserted-Identity (RFC 3325), for peers within the trust; rpid: "
              "Remote-Party-ID, for old ones; from: From alone. All are understood.")
              .live(),
          option<SipTrunk>("diversion", &SipTrunk::diversion, choice<DiversionStyle>(),
                           "How the peer is told who was called first: Diversion (RFC 5806), History-Info (RFC 7044), "
                           "or not. Both are understood.")
              .live(),
          option<SipTrunk>("follow_redirects", &SipTrunk::follow_redirects, boolean(),
                           "A 302 of the peer's sends the call on to the contacts that it names, wherever they are. "
                           "Else it is a refusal.")
              .live(),
          option<SipTrunk>("transfer", &SipTrunk::transfer, boolean(),
                           "The peer may transfer calls (REFER) and take calls over (Replaces), to wherever the dial "
                           "plan lets it call.")
              .live(),
          option<SipTrunk>("clearmode", &SipTrunk::clearmode, boolean(),
                           "Calls of 64 kbit/s unrestricted data come and go as CLEARMODE (RFC 4040). Else they go to "
                           "the next target, or are refused.")
              .live(),
          option<SipTrunk>(
              "latch", &SipTrunk::latch, choice<Latch>(),
              "Whose RTP and T.38 are the peer's where they come from elsewhere than its SDP says (NAT). careful: from "
              "another port of that host; where SDP tells a private address, from its network or the trunk's peer too, "
              "and, once the told address was silent for a second, from anywhere. always: whoever comes first. never: "
              "from the told address and port only.")
              .live(),
      });
  return options;
}

}  // namespace sg::conf
