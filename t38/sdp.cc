#include "t38/sdp.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sg::t38 {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Lower case, without white space around: some peers put a space after the colon, or before the line's end.
std::string normalised(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  std::string result(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// A positive number; beyond `limit`, that limit. Nothing for zero, negative ones and words: the default stays.
std::optional<int> positive(std::string_view value, int limit) {
  int number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc::result_out_of_range && value.front() != '-') return limit;
  if (error != std::errc{} || number <= 0) return std::nullopt;
  return std::min(number, limit);
}

void read_positive(int& to, std::string_view value, int limit) {
  to = positive(value, limit).value_or(to);
}

// The standard's flags are present or absent; Cisco and others write ":0" and ":1".
bool flag(std::string_view value) {
  return value != "0" && value != "false" && value != "no";
}

void read_version(Params& params, std::string_view value) {
  if (value == "0") params.version = 0;
  read_positive(params.version, value, 3);
}

void read_rate_management(Params& params, std::string_view value) {
  // rtpengine writes "localTFC".
  if (value == "localtcf" || value == "localtfc" || value == "1") params.rate_management = RateManagement::LocalTcf;
  if (value.starts_with("transfer") || value == "2") params.rate_management = RateManagement::TransferredTcf;
}

void read_error_correction(Params& params, std::string_view value) {
  if (value.ends_with("redundancy")) params.error_correction = ErrorCorrection::Redundancy;
  if (value.ends_with("fec")) params.error_correction = ErrorCorrection::Fec;
  if (value.ends_with("noec") || value.ends_with("none")) params.error_correction = ErrorCorrection::None;
}

// "minred" or "minred maxred" (T.38 Annex D.2.3).
void read_depth(Params& params, std::string_view value) {
  const size_t gap = value.find_last_of(kSpace);
  read_positive(params.min_redundancy, value, 255);
  if (gap != std::string_view::npos) read_positive(params.max_redundancy, value.substr(gap + 1), 255);
}

constexpr int kMaxBitRate = 33600;
constexpr int kMaxOctets = 65535;

struct Reader {
  std::string_view name;
  void (*read)(Params&, std::string_view value);
};

constexpr Reader kReaders[] = {
    {"t38faxversion", read_version},
    {"t38maxbitrate", [](Params& p, std::string_view v) { read_positive(p.max_bit_rate, v, kMaxBitRate); }},
    {"t38faxmaxbitrate", [](Params& p, std::string_view v) { read_positive(p.max_bit_rate, v, kMaxBitRate); }},
    {"t38faxmaxrate", [](Params& p, std::string_view v) { read_positive(p.max_bit_rate, v, kMaxBitRate); }},
    {"t38maxrate", [](Params& p, std::string_view v) { read_positive(p.max_bit_rate, v, kMaxBitRate); }},
    {"t38faxfillbitremoval", [](Params& p, std::string_view v) { p.fill_bit_removal = flag(v); }},
    {"t38faxtranscodingmmr", [](Params& p, std::string_view v) { p.transcoding_mmr = flag(v); }},
    {"t38faxtranscodingjbig", [](Params& p, std::string_view v) { p.transcoding_jbig = flag(v); }},
    {"t38faxratemanagement", read_rate_management},
    {"t38faxmaxbuffer", [](Params& p, std::string_view v) { read_positive(p.max_buffer, v, kMaxOctets); }},
    {"t38maxbuffer", [](Params& p, std::string_view v) { read_positive(p.max_buffer, v, kMaxOctets); }},
    {"t38faxmaxdatagram", [](Params& p, std::string_view v) { read_positive(p.max_datagram, v, kMaxOctets); }},
    {"t38maxdatagram", [](Params& p, std::string_view v) { read_positive(p.max_datagram, v, kMaxOctets); }},
    {"t38faxmaxifp", [](Params& p, std::string_view v) { read_positive(p.max_ifp, v, kMaxOctets); }},
    {"t38faxudpec", read_error_correction},
    {"t38faxudpecdepth", read_depth},
    {"t38faxudpfecmaxspan", [](Params& p, std::string_view v) { read_positive(p.max_fec_span, v, 255); }},
    {"t38vendorinfo", [](Params&, std::string_view) {}},
    {"t38modemtype", [](Params&, std::string_view) {}},
};

}  // namespace

bool apply_attribute(Params& params, std::string_view name, std::string_view value) {
  const std::string wanted = normalised(name);
  for (const Reader& each : kReaders) {
    if (each.name != wanted) continue;
    each.read(params, normalised(value));
    return true;
  }
  return false;
}

Params read_attributes(const Attributes& attributes) {
  Params params;
  bool takes_redundancy = false;
  for (const auto& [name, value] : attributes) {
    apply_attribute(params, name, value);
    takes_redundancy |= normalised(name) == "t38faxudpec" && params.error_correction == ErrorCorrection::Redundancy;
  }
  // Cisco lists FEC and redundancy: redundancy also repairs bursts.
  if (takes_redundancy) params.error_correction = ErrorCorrection::Redundancy;
  return params;
}

Attributes attributes(const Params& params) {
  Attributes result;
  auto number = [&](const char* name, int value) { result.emplace_back(name, std::to_string(value)); };
  number("T38FaxVersion", params.version);
  number("T38MaxBitRate", params.max_bit_rate);
  if (params.fill_bit_removal) result.emplace_back("T38FaxFillBitRemoval", "");
  if (params.transcoding_mmr) result.emplace_back("T38FaxTranscodingMMR", "");
  if (params.transcoding_jbig) result.emplace_back("T38FaxTranscodingJBIG", "");
  result.emplace_back("T38FaxRateManagement",
                      params.rate_management == RateManagement::LocalTcf ? "localTCF" : "transferredTCF");
  number("T38FaxMaxBuffer", params.max_buffer);
  number("T38FaxMaxDatagram", params.max_datagram);
  if (params.max_ifp > 0) number("T38FaxMaxIFP", params.max_ifp);
  switch (params.error_correction) {
    case ErrorCorrection::Redundancy:
      result.emplace_back("T38FaxUdpEC", "t38UDPRedundancy");
      break;
    case ErrorCorrection::Fec:
      result.emplace_back("T38FaxUdpEC", "t38UDPFEC");
      break;
    case ErrorCorrection::None:
      result.emplace_back("T38FaxUdpEC", "t38UDPNoEC");
      break;
  }
  if (params.min_redundancy > 0 || params.max_redundancy > 0) {
    const std::string most = params.max_redundancy > 0 ? " " + std::to_string(params.max_redundancy) : "";
    result.emplace_back("T38FaxUdpECDepth", std::to_string(params.min_redundancy) + most);
  }
  if (params.max_fec_span > 0) number("T38FaxUdpFECMaxSpan", params.max_fec_span);
  return result;
}

Params corrected(Params told, const PeerFaults& faults) {
  if (faults.max_datagram > 0) told.max_datagram = faults.max_datagram;
  if (faults.error_correction) told.error_correction = *faults.error_correction;
  return told;
}

Params answer(const Params& offer, const Params& ours) {
  Params result = ours;
  result.version = std::min(offer.version, ours.version);
  result.max_bit_rate = std::min(offer.max_bit_rate, ours.max_bit_rate);
  result.fill_bit_removal = offer.fill_bit_removal && ours.fill_bit_removal;
  result.transcoding_mmr = offer.transcoding_mmr && ours.transcoding_mmr;
  result.transcoding_jbig = offer.transcoding_jbig && ours.transcoding_jbig;
  // Over UDP the training check travels (T.38 clause 8.2): whatever the offer says.
  result.rate_management = RateManagement::TransferredTcf;
  if (ours.error_correction != ErrorCorrection::None) result.error_correction = offer.error_correction;
  return result;
}

}  // namespace sg::t38
