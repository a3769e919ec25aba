#include <algorithm>

#include "gateway/sip/sdp.h"
#include "t38/sdp.h"

namespace sg::sip {
namespace {

constexpr auto kNoLine = static_cast<size_t>(-1);

std::string connection(const SocketAddress& address) {
  return fmt::format("IN {} {}", address.is_ipv6() ? "IP6" : "IP4", address.host());
}

std::string_view name_of(call::Direction direction) {
  switch (direction) {
    case call::Direction::SendOnly:
      return "sendonly";
    case call::Direction::RecvOnly:
      return "recvonly";
    case call::Direction::Inactive:
      return "inactive";
    case call::Direction::SendRecv:
      return "sendrecv";
  }
  return "sendrecv";
}

std::string audio_section(const call::AudioStream& audio) {
  std::string formats, maps;
  for (const auto& codec : audio.codecs) {
    formats += fmt::format(" {}", codec.payload_type);
    const media::Codec& row = media::codec_of(codec.id);
    maps += fmt::format("a=rtpmap:{} {}/{}\r\n", codec.payload_type, row.name, row.clock_rate);
    // V.152 section 7.1: this payload type carries modem and fax signals untouched.
    const auto& modems = audio.voice_band_data;
    const bool is_for_modems = std::find(modems.begin(), modems.end(), codec.payload_type) != modems.end();
    if (is_for_modems) maps += fmt::format("a=gpmd:{} vbd=yes\r\n", codec.payload_type);
  }
  if (audio.clearmode) {
    formats += fmt::format(" {}", *audio.clearmode);
    maps += fmt::format("a=rtpmap:{} CLEARMODE/8000\r\n", *audio.clearmode);
  }
  if (audio.telephone_event) {
    formats += fmt::format(" {}", *audio.telephone_event);
    maps += fmt::format("a=rtpmap:{0} telephone-event/8000\r\na=fmtp:{0} 0-15\r\n", *audio.telephone_event);
  }
  if (audio.redundancy) {
    // RFC 2198 section 5: which codec the blocks are, the primary one first.
    const auto primary = audio.codecs.front().payload_type;
    formats += fmt::format(" {}", *audio.redundancy);
    maps += fmt::format("a=rtpmap:{0} red/8000\r\na=fmtp:{0} {1}", *audio.redundancy, primary);
    for (size_t i = 0; i < audio.redundant_blocks; ++i) maps += fmt::format("/{}", primary);
    maps += "\r\n";
  }
  auto section = fmt::format("m=audio {} RTP/AVP{}\r\n", audio.rtp.port(), formats) + maps;
  section += fmt::format("a=ptime:{}\r\n", audio.ptime.count());
  if (audio.no_silence_suppression) section += "a=silenceSupp:off - - - -\r\n";
  if (audio.echo_canceller) section += fmt::format("a=ecan:fb {} -\r\n", *audio.echo_canceller ? "on" : "off");
  if (audio.rtcp.is_set() && audio.rtcp.port() != audio.rtp.port() + 1) {
    section += fmt::format("a=rtcp:{}\r\n", audio.rtcp.port());
  }
  if (audio.direction != call::Direction::SendRecv) section += fmt::format("a={}\r\n", name_of(audio.direction));
  return section;
}

std::string image_section(const call::ImageStream& image) {
  auto section = fmt::format("m=image {} udptl t38\r\n", image.udptl.port());
  for (const auto& [name, value] : t38::attributes(image.params)) {
    section += value.empty() ? fmt::format("a={}\r\n", name) : fmt::format("a={}:{}\r\n", name, value);
  }
  return section;
}

std::string refused_section(const SdpLine& line) {
  return fmt::format("m={} 0 {} {}\r\n", line.media, line.protocol.empty() ? "RTP/AVP" : line.protocol,
                     line.formats.empty() ? "0" : line.formats);
}

SdpLine line_of(SdpLine::Role role) {
  if (role == SdpLine::Role::Audio) return {role, "audio", "RTP/AVP", "8 0"};
  return {role, "image", "udptl", "t38"};
}

size_t find_line(const std::vector<SdpLine>& lines, std::string_view media) {
  auto found = std::find_if(lines.begin(), lines.end(), [&](const SdpLine& line) {
    return line.media == media && line.role == SdpLine::Role::Unused;
  });
  return found == lines.end() ? kNoLine : static_cast<size_t>(found - lines.begin());
}

// Gives a stream of ours its m-line: the one it had, else one that would be left without use (RFC 3264 section 8.3.3
// allows a stream to change its type: audio becomes T.38 in its place, which all fax gateways understand), else a new
// one.
void place(std::vector<SdpLine>& lines, SdpLine::Role role, bool may_replace) {
  auto wanted = line_of(role);
  auto at = find_line(lines, wanted.media);
  if (at == kNoLine && may_replace) at = find_line(lines, role == SdpLine::Role::Audio ? "image" : "audio");
  if (at == kNoLine) {
    lines.push_back(wanted);
  } else {
    lines[at] = wanted;
  }
}

}  // namespace

std::string SdpSession::offer(const call::MediaDescription& media) {
  auto lines = current_.lines;
  for (auto& line : lines) line.role = SdpLine::Role::Unused;
  if (media.audio) place(lines, SdpLine::Role::Audio, !media.image);
  if (media.image) place(lines, SdpLine::Role::Image, !media.audio);
  return write(media, lines);
}

std::string SdpSession::answer(const Sdp& offer, const call::MediaDescription& media) {
  return write(media, offer.lines);
}

std::string SdpSession::write(const call::MediaDescription& media, const std::vector<SdpLine>& lines) {
  if (media.audio) host_ = media.audio->rtp;
  if (!media.audio && media.image) host_ = media.image->udptl;
  if (!host_.is_set()) host_ = *SocketAddress::parse("0.0.0.0", 0);

  auto body = fmt::format("s=-\r\nc={}\r\nt=0 0\r\n", connection(host_));
  for (const auto& line : lines) {
    if (line.role == SdpLine::Role::Audio && media.audio && !(media.audio->codecs.empty() && !media.audio->clearmode)) {
      body += audio_section(*media.audio);
    } else if (line.role == SdpLine::Role::Image && media.image) {
      auto section = image_section(*media.image);
      if (media.image->udptl.host() != host_.host()) {
        section.insert(section.find('\n') + 1, fmt::format("c={}\r\n", connection(media.image->udptl)));
      }
      body += section;
    } else {
      body += refused_section(line);
    }
  }

  previous_ = current_;
  if (body != current_.body) {
    current_.text = fmt::format("v=0\r\no=- {} {} {}\r\n", id_, ++version_, connection(host_)) + body;
  }
  current_.lines = lines;
  current_.body = std::move(body);
  return current_.text;
}

void SdpSession::roll_back() {
  current_ = previous_;
}

}  // namespace sg::sip
