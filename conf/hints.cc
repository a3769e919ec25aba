#include "conf/hints.h"

#include <algorithm>
#include <array>
#include <utility>

#include "conf/options.h"

namespace sg::conf {
namespace {

// More keys than this are looked up in the sample, not in a message.
constexpr size_t kMostNames = 12;

// Words of other gateways and PBXs. `says`: what there is here.
struct Foreign {
  std::vector<std::string_view> words;
  std::string_view says;
};

const std::vector<Foreign>& foreign_words() {
  static const std::vector<Foreign> words = {
      {{"register", "registration", "registrar", "expires", "reg_expires"},
       "registering is not supported yet: a peer is known by its address (peer, allow_from)"},
      {{"username", "user", "password", "passwd", "secret", "auth", "auth_user", "auth_username", "auth_id", "realm",
        "remotesecret"},
       "a user's name and password are not supported yet: a peer is known by its address (peer, allow_from)"},
      {{"srtp", "sdes", "dtls", "encryption", "media_encryption", "secure_media"},
       "SRTP is not supported yet: RTP and T.38 go as they are, over UDP"},
      {{"tls", "tls_cert", "tls_key", "certificate", "cert_file", "priv_key_file", "ca_file", "tls_bindaddr"},
       "TLS is not supported yet: SIP goes by UDP or TCP"},
      {{"transport"},
       "it stands in the address: peer = \"sip:ADDRESS:PORT;transport=tcp\"; udp and tcp are known, tls not yet"},
      {{"outbound_proxy", "outboundproxy", "proxy"},
       "an outbound proxy is not supported yet: where all calls go through it, peer is its address"},
      {{"host", "hostname", "address_of_peer", "server", "domain", "fromdomain", "from_domain", "fromuser",
        "from_user"},
       "a peer is told by its address alone: peer = \"sip:ADDRESS:PORT\""},
      {{"port"}, "it stands in the address: peer = \"sip:ADDRESS:PORT\", listen = \"udp:ADDRESS:PORT\""},
      {{"bindaddr", "bindport", "bind", "udpbindaddr", "tcpbindaddr", "sip_port"},
       "here it is listen = \"udp:ADDRESS:PORT\" in [sip]"},
      {{"externip", "externaddr", "external_address", "external_media_address", "ext_sip_ip", "ext_rtp_ip",
        "public_address", "public_ip", "stun", "stun_server", "localnet", "local_net"},
       "a public address in front of ours (NAT) is not supported yet: SDP tells [media] address, or that of [sip] "
       "listen"},
      {{"disallow", "allow", "codec", "codec_prefs", "preferred_codec"},
       "here it is codecs (\"pcma\", \"pcmu\"), or allow_from for addresses"},
      {{"dtmfmode", "dtmf_mode", "dtmf_type"}, "here it is dtmf: \"rfc4733\", \"inband\" or \"info\""},
      {{"t38pt_udptl", "t38_udptl", "faxdetect", "fax_detect", "t38_passthrough"},
       "here it is t38, in [fax] or [trunk.NAME.fax]: who asks for T.38, and when"},
      {{"context", "dialplan", "extension", "exten"},
       "here it is [[route]], with from: the trunk that a call comes from"},
      {{"qualify", "qualify_frequency", "options_ping", "keepalive", "ping"},
       "here it is probe: how often a peer is asked by OPTIONS"},
      {{"signalling", "signaling", "switchtype", "pri_switchtype", "pridialplan"}, "here it is switch and role"},
  };
  return words;
}

// Where a key is known, in words.
std::string homes_of(std::string_view key) {
  std::string homes;
  auto look = [&](std::string_view home, const auto& options) {
    if (std::ranges::none_of(options, [&](const auto& option) { return option.name == key; })) return;
    homes += fmt::format("{}{}", homes.empty() ? "" : ", ", home);
  };
  look("[sip]", sip_options());
  look("[media]", media_options());
  look("[fax]", fax_options());
  look("[span.N] with backend = \"cesop\"", cesop_span_options());
  look("[span.N] with backend = \"dahdi\"", dahdi_span_options());
  std::string kinds;
  auto look_at_trunks = [&](std::string_view kind, const auto& options) {
    if (std::ranges::none_of(options, [&](const auto& option) { return option.name == key; })) return;
    kinds += fmt::format("{}{}", kinds.empty() ? "" : ", ", kind);
  };
  look_at_trunks("pri", pri_trunk_options());
  look_at_trunks("sip", sip_trunk_options());
  look_at_trunks("fxs", analog_trunk_options(LineKind::Fxs));
  look_at_trunks("fxo", analog_trunk_options(LineKind::Fxo));
  look_at_trunks("em", analog_trunk_options(LineKind::EAndM));
  if (!kinds.empty()) homes += fmt::format("{}trunks of kind {}", homes.empty() ? "" : ", ", kinds);
  look("[trunk.NAME.fax]", trunk_fax_options());
  look("[site]", site_options());
  look("[[line]]", line_options());
  look("[[route]]", route_options());
  look("[records]", records_options());
  look("[control]", control_options());
  look("[log]", log_options());
  return homes;
}

// Small and capital letters, and - and _, are one.
char plain(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

// How many letters must be changed, put in, left out, or swapped with their neighbour.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool is_same = plain(a[i - 1]) == plain(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (is_same ? 0 : 1)});
      const bool is_swapped =
          i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) && plain(a[i - 2]) == plain(b[j - 1]);
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr size_t kLongest = 64;
  if (word.size() > kLongest) return {};
  std::string_view best;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (std::string_view candidate : known) {
    size_t far = distance(word, candidate);
    if (far < least && far < candidate.size()) best = candidate, least = far;
  }
  return best;
}

std::string meant(std::string_view word, const std::vector<std::string_view>& known) {
  auto near = nearest(word, known);
  return near.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", near);
}

std::string unknown_key(std::string_view key, const std::vector<std::string_view>& known) {
  for (const Foreign& foreign : foreign_words()) {
    if (std::ranges::count(foreign.words, key) > 0) return fmt::format("unknown key; {}", foreign.says);
  }
  if (auto near = nearest(key, known); !near.empty() && distance(key, near) <= 1) {
    return fmt::format("unknown key; did you mean {}?", near);
  }
  if (auto homes = homes_of(key); !homes.empty()) return fmt::format("unknown key here; it goes with {}", homes);
  if (auto near = nearest(key, known); !near.empty()) return fmt::format("unknown key; did you mean {}?", near);
  if (known.size() <= kMostNames) return fmt::format("unknown key; known are {}", fmt::join(known, ", "));
  return "unknown key; `spangated --sample` shows all that there are";
}

}  // namespace sg::conf
