// [fax], and what every trunk has of it.
#include "conf/kinds.h"
#include "conf/options.h"
#include "conf/trunk_options.h"

namespace sg::conf {
namespace {

// What is less does not hold 30 ms of V.17, and would not be kept to (media::T38Endpoint).
Kind<int> peer_max_datagram() {
  const Kind<int> octets = integer(72, 1400);
  const std::string range = "0, or " + octets.range;
  return {range,
          [octets, range](const toml::node& node) -> Result<int> {
            if (node.is_integer() && node.as_integer()->get() == 0) return 0;
            auto value = octets.read(node);
            if (!value) return fail("must be {}", range);
            return *value;
          },
          octets.write};
}

template <class S>
std::vector<Option<S>> make_trunk_fax_options() {
  return {
      option<S>(
          "t38", &TrunkFax::t38, choice<T38Ask>(),
          "Who asks for T.38. preamble: we do, by re-INVITE, when the answering fax machine's V.21 preamble is heard; "
          "ced: already at its CED; cng: already at the calling machine's CNG; at-once: right after the answer where "
          "line, profile or route say media = \"fax\", else as ced; peer: we only accept the SIP peer's offer; never: "
          "fax "
          "goes as G.711.")
          .live(),
      option<S>("t38_from", &TrunkFax::t38_from, maybe(choice<T38Ask>(), "\"preamble\""),
                "The same, of calls from the trunk only. Where it is not given, as t38.")
          .live(),
      option<S>("t38_to", &TrunkFax::t38_to, maybe(choice<T38Ask>(), "\"preamble\""),
                "The same, of calls to the trunk only. Where it is not given, as t38.")
          .live(),
      option<S>(
          "t38_offer_window", &TrunkFax::t38_offer_window, duration(0ms, 10min),
          "How long after the answer the SIP peer's own T.38 offer is taken; later it is refused with 488, as the "
          "machines are in the middle of it. 0s: at any time.")
          .live(),
      option<S>("sg3", &TrunkFax::sg3, choice<Sg3>({{"lower-to-g3", Sg3::LowerToG3}, {"pass", Sg3::Pass}}),
                "Super G3 machines (V.34). lower-to-g3: T.38, which they speak as G3, is asked for as soon as one "
                "answers a fax. pass: they go on as G.711, which needs a network without loss or clock drift.")
          .live(),
      option<S>("t38_answer_timeout", &TrunkFax::t38_answer_timeout, duration(500ms, 30s),
                "How long the SIP peer may think about our T.38 offer before the fax goes as G.711.")
          .live(),
      option<S>("max_bit_rate", &TrunkFax::max_bit_rate,
                Kind<int>{"2400, 4800, 7200, 9600, 12000 or 14400",
                          [](const toml::node& node) -> Result<int> {
                            int64_t rate = node.is_integer() ? node.as_integer()->get() : 0;
                            if (rate < 2400 || rate > 14400 || rate % 2400 != 0) {
                              return fail("must be 2400, 4800, 7200, 9600, 12000 or 14400");
                            }
                            return static_cast<int>(rate);
                          },
                          [](const int& rate) { return std::to_string(rate); }},
                "T38MaxBitRate that we offer, bit/s.")
          .live(),
      option<S>("max_buffer", &TrunkFax::max_buffer, integer(200, 10000), "T38FaxMaxBuffer that we declare, octets.")
          .live(),
      option<S>("max_datagram", &TrunkFax::max_datagram, integer(100, 1400),
                "T38FaxMaxDatagram that we declare, octets. The peer's own limit is always obeyed.")
          .live(),
      option<S>("error_correction", &TrunkFax::error_correction, choice<ErrorCorrection>(),
                "T38FaxUdpEC that we offer. What the peer sends is understood in any form.")
          .live(),
      option<S>(
          "t38_peer_max_datagram", &TrunkFax::t38_peer_max_datagram, peer_max_datagram(),
          "For peers that tell a wrong T38FaxMaxDatagram: the largest T.38 datagram that is sent to them, octets, "
          "whatever they tell. 0: as they tell.")
          .live(),
      option<S>("t38_peer_error_correction", &TrunkFax::t38_peer_error_correction,
                choice<std::optional<ErrorCorrection>>({{"as-told", std::nullopt},
                                                        {"none", ErrorCorrection::None},
                                                        {"redundancy", ErrorCorrection::Redundancy},
                                                        {"fec", ErrorCorrection::Fec}}),
                "For peers that tell a wrong T38FaxUdpEC: the error correction in the T.38 that is sent to them, "
                "whatever they tell. as-told: as they tell.")
          .live(),
      option<S>(
          "vbd", &TrunkFax::vbd, choice<VoiceBandData>(),
          "Fax in G.711 as voice-band data (V.152, with silenceSupp and ecan of RFC 3108). offer: told to the peer "
          "by re-INVITE when T.38 came to nothing. answer: told where a description is due anyway. never: left "
          "out, for peers that choke on it.")
          .live(),
      option<S>(
          "rtp_redundancy", &TrunkFax::rtp_redundancy, integer(0, 3),
          "Earlier packets repeated in each of a fax in G.711 (RFC 2198), where the peer knows that: 2 make up for "
          "any two packets lost together, at three times the 80 kbit/s. The depth rises with measured loss, up to 3 or "
          "what the peer takes. 0: neither offered nor accepted.")
          .live(),
  };
}

}  // namespace

const std::vector<Option<Fax>>& fax_options() {
  static const auto options = joined(
      make_trunk_fax_options<Fax>(),
      {
          option<Fax>("ecm", &Fax::ecm, boolean(),
                      "Let machines use error correction mode (T.30 Annex A) across T.38."),
          option<Fax>(
              "redundancy", &Fax::redundancy, integer(0, 8),
              "Earlier IFP packets repeated in each T.38 datagram, as far as the peer takes them. The depth rises "
              "with measured loss, up to 7."),
          option<Fax>("clear_after_dcn", &Fax::clear_after_dcn, duration<seconds>(0s, 10min),
                      "A call that nobody hangs up is ended so long after the machines' goodbye (DCN). 0s: never."),
          option<Fax>(
              "memory", &Fax::memory, text("a file's path"),
              "File (SQLite) of what worked for each far number of a SIP trunk, for its next fax. Empty: nothing "
              "is remembered."),
          option<Fax>("keep", &Fax::keep, integer(0, 10000),
                      "How many faxes the running gateway remembers in full, for spangatectl fax; older ones it takes "
                      "from the call records."),
          option<Fax>("modems", &Fax::modems,
                      list(choice<Modem>({{"v27ter", Modem::V27ter}, {"v29", Modem::V29}, {"v17", Modem::V17}}), false),
                      "T.30 modulations that the T.38 gateway lets pass. v27ter is needed by every fax machine."),
      });
  return options;
}

const std::vector<Option<TrunkFax>>& trunk_fax_options() {
  static const auto options = make_trunk_fax_options<TrunkFax>();
  return options;
}

}  // namespace sg::conf
