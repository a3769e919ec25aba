#include "gateway/sip/sdp.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "t38/sdp.h"

namespace sg::sip {
namespace {

constexpr size_t kMaxText = 64 * 1024;
// Of m-lines and codecs so many are kept for people. A peer may name as many as its text holds.
constexpr size_t kMostTold = 16;

std::string_view next_line(std::string_view& text) {
  auto end = text.find_first_of("\r\n");
  auto line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line;
}

std::string_view next_word(std::string_view& line) {
  line = line.substr(std::min(line.find_first_not_of(' '), line.size()));
  auto end = std::min(line.find(' '), line.size());
  auto word = line.substr(0, end);
  line = line.substr(end);
  return word;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The digits at the start of `text`: "20.5" and "4000/2" are read as 20 and 4000.
std::optional<unsigned> leading_number(std::string_view text) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

// "IN IP4 192.0.2.1". A name is none: nothing is looked up here.
std::optional<std::string> parse_connection(std::string_view value) {
  next_word(value);
  next_word(value);
  auto host = next_word(value);
  host = host.substr(0, host.find('/'));
  if (!SocketAddress::parse(host, 0)) return std::nullopt;
  return std::string(host);
}

bool is_multicast(const SocketAddress& address) {
  if (address.is_ipv6()) return address.host().starts_with("ff");
  auto first = leading_number(address.host());
  return first && *first >= 224 && *first < 240;
}

std::optional<call::Direction> parse_direction(std::string_view name) {
  if (name == "sendrecv") return call::Direction::SendRecv;
  if (name == "sendonly") return call::Direction::SendOnly;
  if (name == "recvonly") return call::Direction::RecvOnly;
  if (name == "inactive") return call::Direction::Inactive;
  return std::nullopt;
}

// One m-line and what belongs to it, as it came.
struct Section {
  SdpLine line;
  unsigned port = 0;
  std::optional<std::string> host;
  bool has_connection = false;
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct Session {
  std::string origin;
  std::optional<std::string> host;
  std::optional<call::Direction> direction;
  std::vector<Section> sections;
};

void read_media_line(Session& session, std::string_view value) {
  Section section;
  section.line.media = lower(next_word(value));
  section.port = leading_number(next_word(value)).value_or(0);
  section.line.protocol = next_word(value);
  section.line.formats = value.substr(std::min(value.find_first_not_of(' '), value.size()));
  session.sections.push_back(std::move(section));
}

void read_attribute(Session& session, std::string_view value) {
  auto colon = value.find(':');
  auto name = value.substr(0, colon);
  auto argument = colon == std::string_view::npos ? std::string_view{} : value.substr(colon + 1);
  if (!session.sections.empty()) {
    session.sections.back().attributes.emplace_back(name, argument);
  } else if (auto direction = parse_direction(lower(name))) {
    session.direction = direction;
  }
}

void read_line(Session& session, std::string_view line) {
  if (line.size() < 2 || line[1] != '=') return;
  auto value = line.substr(2);
  switch (std::tolower(static_cast<unsigned char>(line[0]))) {
    case 'o':
      session.origin = value;
      break;
    case 'c':
      if (session.sections.empty()) {
        session.host = parse_connection(value);
      } else {
        session.sections.back().host = parse_connection(value);
        session.sections.back().has_connection = true;
      }
      break;
    case 'm':
      read_media_line(session, value);
      break;
    case 'a':
      read_attribute(session, value);
      break;
    default:
      break;
  }
}

// Where the section's media goes to. Nothing: refused, or nowhere that datagrams can be sent to.
std::optional<SocketAddress> address_of(const Session& session, const Section& section) {
  const auto& host = section.has_connection ? section.host : session.host;
  if (section.port == 0 || section.port > 65535 || !host) return std::nullopt;
  auto address = SocketAddress::parse(*host, static_cast<uint16_t>(section.port));
  if (!address || is_multicast(*address)) return std::nullopt;
  return *address;
}

// "8 PCMA/8000" of an rtpmap.
void read_rtpmap(std::map<unsigned, std::string>& encodings, std::string_view value) {
  auto type = leading_number(next_word(value));
  if (type && *type <= 127) encodings[*type] = lower(next_word(value));
}

bool is_encoding(std::string_view encoding, std::string_view name) {
  return encoding.substr(0, encoding.find('/', encoding.find('/') + 1)) == name;
}

// The codec of this rtpmap; null: none that we speak.
const media::Codec* find_codec(std::string_view encoding) {
  auto found = std::ranges::find_if(media::codecs(), [&](const media::Codec& codec) {
    return is_encoding(encoding, lower(fmt::format("{}/{}", codec.name, codec.clock_rate)));
  });
  return found == media::codecs().end() ? nullptr : &*found;
}

// RFC 2198 section 5: "8/8" of an fmtp; the first is what the packets are made of. Without it, what the line's codecs
// are.
bool repeats_codec(std::string_view fmtp, const std::map<unsigned, std::string>& encodings) {
  auto type = leading_number(fmtp);
  if (!type) return fmtp.empty();
  auto encoding = encodings.find(*type);
  return encoding != encodings.end() && find_codec(encoding->second);
}

// "30000 IN IP4 192.0.2.1" (RFC 3605); the address may be left out.
SocketAddress read_rtcp(const SocketAddress& rtp, std::string_view value) {
  auto port = leading_number(next_word(value));
  if (!port || *port == 0 || *port > 65535) return {};
  auto address = rtp;
  if (auto host = parse_connection(value)) {
    if (auto parsed = SocketAddress::parse(*host, 0)) address = *parsed;
  }
  address.set_port(static_cast<uint16_t>(*port));
  return address;
}

// "99 vbd=yes;ecan=on" (V.152 section 7.1), with blanks wherever a peer likes them.
void read_gpmd(std::vector<unsigned>& for_modems, std::string_view value) {
  auto type = leading_number(next_word(value));
  std::string parameters = lower(value);
  std::erase_if(parameters, [](char c) { return c == ' ' || c == '\t'; });
  if (type && (";" + parameters + ";").find(";vbd=yes;") != std::string::npos) for_modems.push_back(*type);
}

// "fb on -" or, without the direction, "on" (RFC 3108 section 5.6.2.11).
std::optional<bool> read_ecan(std::string_view value) {
  for (auto word = next_word(value); !word.empty(); word = next_word(value)) {
    if (lower(word) == "on") return true;
    if (lower(word) == "off") return false;
  }
  return std::nullopt;
}

call::AudioStream read_audio(const Session& session, const Section& section, const SocketAddress& address) {
  call::AudioStream audio;
  audio.rtp = address;
  audio.direction = session.direction.value_or(call::Direction::SendRecv);
  std::map<unsigned, std::string> encodings{{0, "pcmu/8000"}, {8, "pcma/8000"}};
  std::map<unsigned, std::string> formats_of;  // fmtp
  std::vector<unsigned> for_modems;            // gpmd
  std::optional<unsigned> ptime, maxptime;
  for (const auto& [spelled, value] : section.attributes) {
    auto name = lower(spelled);
    if (name == "rtpmap") read_rtpmap(encodings, value);
    if (name == "fmtp") {
      std::string_view rest = value;
      auto type = leading_number(next_word(rest));
      if (type) formats_of[*type] = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    if (name == "ptime") ptime = leading_number(value);
    if (name == "maxptime") maxptime = leading_number(value);
    if (name == "rtcp") audio.rtcp = read_rtcp(address, value);
    if (name == "gpmd") read_gpmd(for_modems, value);
    if (name == "silencesupp") audio.no_silence_suppression = lower(value).starts_with("off");
    if (name == "ecan") audio.echo_canceller = read_ecan(value);
    if (auto direction = parse_direction(name)) audio.direction = *direction;
  }
  // Put on hold as RFC 2543 did it.
  if (address.is_any()) audio.direction = call::Direction::SendOnly;

  unsigned milliseconds = ptime.value_or(20);
  if (maxptime && *maxptime) milliseconds = std::min(milliseconds, *maxptime);
  if (milliseconds >= 5 && milliseconds <= 200) audio.ptime = std::chrono::milliseconds(milliseconds);

  std::string_view formats = section.line.formats;
  for (auto word = next_word(formats); !word.empty(); word = next_word(formats)) {
    auto type = leading_number(word);
    if (!type || *type > 127) continue;
    auto payload_type = static_cast<uint8_t>(*type);
    const auto& encoding = encodings[*type];
    const media::Codec* codec = find_codec(encoding);
    if (codec) audio.codecs.push_back({codec->id, payload_type});
    if (is_encoding(encoding, "clearmode/8000") && !audio.clearmode) audio.clearmode = payload_type;
    if (codec && std::find(for_modems.begin(), for_modems.end(), *type) != for_modems.end()) {
      audio.voice_band_data.push_back(payload_type);
    }
    if (is_encoding(encoding, "telephone-event/8000") && !audio.telephone_event) audio.telephone_event = payload_type;
    if (is_encoding(encoding, "red/8000") && repeats_codec(formats_of[*type], encodings)) {
      audio.redundancy = payload_type;
      // RFC 2198 section 5: "8/8/8" names the block of the packet itself and two earlier ones.
      audio.redundant_blocks = static_cast<size_t>(std::ranges::count(formats_of[*type], '/'));
    }
  }
  return audio;
}

// RFC 3551 section 6: the names that need no rtpmap.
std::string_view static_encoding(unsigned type) {
  switch (type) {
    case 0:
      return "PCMU";
    case 3:
      return "GSM";
    case 4:
      return "G723";
    case 8:
      return "PCMA";
    case 9:
      return "G722";
    case 15:
      return "G728";
    case 18:
      return "G729";
    default:
      return "";
  }
}

// The codecs of an audio line as the peer names them.
std::vector<std::string> encodings_of(const Section& section) {
  std::map<unsigned, std::string> names;
  for (const auto& [name, value] : section.attributes) {
    if (lower(name) != "rtpmap") continue;
    std::string_view rest = value;
    auto type = leading_number(next_word(rest));
    auto encoding = next_word(rest);
    if (type) names[*type] = encoding.substr(0, encoding.find('/'));
  }
  std::vector<std::string> all;
  std::string_view formats = section.line.formats;
  for (auto word = next_word(formats); !word.empty() && all.size() < kMostTold; word = next_word(formats)) {
    auto type = leading_number(word);
    auto named = type ? names.find(*type) : names.end();
    auto name = named != names.end() ? named->second : std::string(type ? static_encoding(*type) : "");
    auto known = lower(name);
    const bool is_codec = known != "telephone-event" && known != "cn" && known != "red" && type != 13u;
    if (!is_codec) continue;
    if (name.empty()) name = fmt::format("payload type {}", word);
    if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
  }
  return all;
}

void take_up(Sdp& sdp, const Session& session, const Section& section) {
  auto address = address_of(session, section);
  sdp.lines.push_back(section.line);
  if (sdp.streams.size() < kMostTold) {
    sdp.streams.push_back({section.line.media, section.line.protocol,
                           section.line.media == "audio" ? encodings_of(section) : std::vector<std::string>{},
                           address.value_or(SocketAddress{})});
  }
  if (!address) return;
  auto& line = sdp.lines.back();
  auto protocol = lower(line.protocol);
  if (line.media == "audio" && (protocol == "rtp/avp" || protocol == "rtp/avpf") && !sdp.media.audio) {
    line.role = SdpLine::Role::Audio;
    sdp.media.audio = read_audio(session, section, *address);
  } else if (line.media == "image" && protocol == "udptl" && lower(line.formats).starts_with("t38") &&
             !address->is_any() && !sdp.media.image) {
    line.role = SdpLine::Role::Image;
    sdp.media.image = call::ImageStream{.udptl = *address, .params = t38::read_attributes(section.attributes)};
  }
}

}  // namespace

Result<Sdp> parse_sdp(std::string_view text) {
  if (text.size() > kMaxText) return fail("SDP of {} octets: at most {} are read", text.size(), kMaxText);
  Session session;
  bool is_sdp = false;
  while (!text.empty()) {
    auto line = next_line(text);
    if (!is_sdp && line.empty()) continue;
    if (!is_sdp && !line.starts_with("v=")) return fail("no SDP: it starts with \"{}\"", line.substr(0, 20));
    is_sdp = true;
    read_line(session, line);
  }
  if (!is_sdp) return fail("no SDP: it is empty");

  Sdp sdp;
  sdp.origin = session.origin;
  for (const auto& section : session.sections) take_up(sdp, session, section);
  return sdp;
}

}  // namespace sg::sip
