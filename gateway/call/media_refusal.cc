#include "gateway/call/media_refusal.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace sg::call {
namespace {

constexpr int kAddressFormat = 301, kTransport = 302, kMediaType = 304, kMediaFormat = 305, kOther = 399;
// A peer may write what it likes into its SDP, and as much as it likes.
constexpr size_t kMostWords = 8, kLongestWord = 24;

std::string plain(std::string_view word) {
  std::string out(word.substr(0, kLongestWord));
  for (char& c : out) {
    const bool is_plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-_.+/ ").find(c) != std::string_view::npos;
    if (!is_plain) c = '?';
  }
  return out;
}

// Each once, in their order.
std::string listed(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& word : words) {
    auto shown = plain(word);
    if (std::find(out.begin(), out.end(), shown) != out.end()) continue;
    if (out.size() == kMostWords) {
      out.emplace_back("...");
      break;
    }
    out.push_back(std::move(shown));
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

std::string lower(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// As the trunk's options name it.
std::string taken_by(const MediaPolicy& policy) {
  if (policy.is_data) return "clearmode";
  std::vector<std::string> codecs;
  for (const AudioCodec& codec : policy.codecs) codecs.push_back(lower(media::codec_of(codec.id).name));
  return fmt::format("{}{}", fmt::join(codecs, ", "), policy.t38 == T38Ask::Never ? "" : ", T.38");
}

bool is_fax(const OfferedStream& stream) {
  return stream.media == "image";
}

bool has_taken_protocol(const OfferedStream& stream) {
  std::string protocol = stream.protocol;
  std::ranges::transform(protocol, protocol.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return is_fax(stream) ? protocol == "UDPTL" : protocol == "RTP/AVP" || protocol == "RTP/AVPF";
}

// "RTP/SAVP (SRTP)"
std::string name_of_protocol(const OfferedStream& stream) {
  const bool is_encrypted = stream.protocol.find("SAVP") != std::string::npos;
  return plain(stream.protocol) + (is_encrypted ? " (SRTP)" : "");
}

std::vector<std::string> formats_of(const OfferedStream& stream) {
  if (is_fax(stream)) return {"T.38"};
  return stream.encodings.empty() ? std::vector<std::string>{"no codec"} : stream.encodings;
}

}  // namespace

MediaRefusal explain_refusal(const std::vector<OfferedStream>& offered, const MediaPolicy& policy,
                             const SocketAddress& local) {
  const auto taken = taken_by(policy);
  std::vector<const OfferedStream*> fitting;
  std::vector<std::string> others, protocols, formats;
  for (const OfferedStream& stream : offered) {
    if (stream.media != "audio" && !is_fax(stream)) {
      others.push_back(stream.media);
    } else if (!has_taken_protocol(stream)) {
      protocols.push_back(name_of_protocol(stream));
    } else {
      fitting.push_back(&stream);
    }
  }
  if (fitting.empty() && !protocols.empty()) {
    // plain() would take the brackets for a peer's.
    return {
        kTransport,
        fmt::format("the peer offers only {}; this trunk takes RTP/AVP with {}",
                    fmt::join(protocols.begin(),
                              protocols.begin() + static_cast<ptrdiff_t>(std::min(protocols.size(), kMostWords)), ", "),
                    taken)};
  }
  if (fitting.empty()) {
    return {kMediaType, fmt::format("the peer offers no audio{}; this trunk takes {}",
                                    others.empty() ? "" : ", only " + listed(others), taken)};
  }
  std::erase_if(fitting, [](const OfferedStream* stream) { return !stream->address.is_set(); });
  if (fitting.empty()) return {kOther, "the peer names no address and port that its media could be sent to"};
  const SocketAddress& first = fitting.front()->address;
  std::erase_if(fitting, [&](const OfferedStream* stream) {
    return !stream->address.is_any() && stream->address.family() != local.family();
  });
  if (fitting.empty()) {
    return {kAddressFormat, fmt::format("the peer's media address {} is {}; this trunk takes {}", first.host(),
                                        first.is_ipv6() ? "IPv6" : "IPv4", local.is_ipv6() ? "IPv6" : "IPv4")};
  }
  for (const OfferedStream* stream : fitting) {
    for (auto& format : formats_of(*stream)) formats.push_back(std::move(format));
  }
  const bool is_fax_only = std::ranges::all_of(fitting, [](const OfferedStream* stream) { return is_fax(*stream); });
  return {is_fax_only ? kMediaType : kMediaFormat,
          fmt::format("the peer offers only {}; this trunk takes {}", listed(formats), taken)};
}

}  // namespace sg::call
