// [sip].
#include "conf/kinds.h"
#include "conf/options.h"

namespace sg::conf {

const std::vector<Option<Sip>>& sip_options() {
  static const std::vector<Option<Sip>> options = {
      option<Sip>("listen", &Sip::listen, list(listen_address()),
                  "Where SIP is spoken: transports, local addresses (numeric, IPv6 in brackets) and ports.")
          .shown("[\"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060\"]"),
      option<Sip>("user_agent", &Sip::user_agent, text("a text"), "What User-Agent and Server say."),
      option<Sip>("t1", &Sip::t1, duration(50ms, 5s),
                  "RFC 3261 T1, the estimate of the round trip. Resends and time-outs follow from it."),
      option<Sip>("t2", &Sip::t2, duration(500ms, 20s), "RFC 3261 T2, the longest pause between resends."),
      option<Sip>("t4", &Sip::t4, duration(500ms, 20s), "RFC 3261 T4, how long a message may stay in the network."),
      option<Sip>("session_expires", &Sip::session_expires, duration<seconds>(90s, 24h),
                  "Session timer that we ask for (RFC 4028)."),
      option<Sip>("min_se", &Sip::min_se, duration<seconds>(90s, 1h),
                  "Shortest session timer that we accept (RFC 4028 says 90 s at least)."),
      option<Sip>("unknown_source", &Sip::unknown_source,
                  choice<UnknownSource>({{"drop", UnknownSource::Drop}, {"refuse", UnknownSource::Refuse}}),
                  "Requests from addresses that no trunk lists. drop: no answer at all, so that scanners find nothing; "
                  "refuse: 403 to calls. Both are counted (sip.unknown_source)."),
      option<Sip>("max_invites_per_second", &Sip::max_invites_per_second, integer(0, 100000),
                  "New calls a second that one address may begin; more get 503 or no answer, and are counted. 0: any."),
      option<Sip>("max_requests_per_second", &Sip::max_requests_per_second, integer(0, 100000),
                  "Requests of any kind a second, outside of calls, that one address may send; all addresses of one "
                  "trunk together four times as many. More cost no memory: OPTIONS is answered still, calls get 503, "
                  "the rest no answer. 0: any."),
      option<Sip>("max_transactions", &Sip::max_transactions, integer(0, 1000000),
                  "Requests outside of calls that are remembered at once, from all together; each takes some 10 kB for "
                  "32 s. 0: any."),
      option<Sip>("max_connections", &Sip::max_connections, integer(0, 100000),
                  "TCP connections at once, never more than a quarter of the descriptors that the process may have; "
                  "more are closed at once and counted (sip.tcp.refused_limit). 0: that quarter."),
      option<Sip>("max_connections_per_source", &Sip::max_connections_per_source, integer(0, 100000),
                  "Of these, with one address (IPv6: one /64). More are closed at once and counted "
                  "(sip.tcp.refused_source_limit). 0: any."),
      option<Sip>("connection_first_message", &Sip::connection_first_message, duration<seconds>(0s, 1h),
                  "A TCP connection on which no whole request has come within this time is closed. 0s: never."),
      option<Sip>("connection_idle", &Sip::connection_idle, duration<seconds>(0s, 24h),
                  "A TCP connection on which nothing has gone either way for this long is closed; the next message "
                  "opens another. 0s: never."),
      option<Sip>("options_follow_trunks", &Sip::options_follow_trunks, boolean(),
                  "Answer OPTIONS with 503 while no trunk is up, so that peers look for another gateway."),
  };
  return options;
}

}  // namespace sg::conf
