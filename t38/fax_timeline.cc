#include "t38/fax_timeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace sg::t38 {
namespace {

bool ends_a_page(const T30Frame& frame) {
  switch (frame.kind) {
    case fcf::kEom:
    case fcf::kMps:
    case fcf::kEop:
    case fcf::kEos:
    case fcf::kPriEom:
    case fcf::kPriMps:
    case fcf::kPriEop:
      return true;
    case fcf::kPps:
      return frame.second != 0;
    default:
      return false;
  }
}

}  // namespace

void FaxTimeline::on_frame(Direction direction, ByteView octets) {
  auto frame = T30Frame::parse(octets);
  if (!frame) return;

  FaxEvent event{.kind = FaxEvent::Kind::Frame, .direction = direction, .frame = frame->control};
  event.code = *frame;
  event.content_octets = static_cast<uint8_t>(std::min(frame->content.size(), event.content.size()));
  std::copy_n(frame->content.begin(), event.content_octets, event.content.begin());
  if (frame->kind == fcf::kDcs) dcs_ = parse_dcs(frame->content);
  event.bit_rate = dcs_.bit_rate;
  event.ecm = dcs_.ecm;
  listener_.on_fax_event(event);

  if (ends_a_page(*frame)) end_is_announced_ = true;
  switch (frame->kind) {
    case fcf::kDcs:
    case fcf::kFtt:
      in_image_phase_ = false;
      break;
    case fcf::kCfr:
      in_image_phase_ = true;
      break;
    case fcf::kMcf:
    case fcf::kRtp:
    case fcf::kRtn:
      if (!end_is_announced_) break;
      if (frame->kind != fcf::kRtn) ++pages_;
      end_is_announced_ = false;
      if (page_is_open_) tell(FaxEvent::Kind::PageEnded, direction);
      page_is_open_ = false;
      break;
    case fcf::kDcn:
      if (!ended_) tell(FaxEvent::Kind::Ended, direction);
      ended_ = true;
      break;
    default:
      break;
  }
}

void FaxTimeline::on_training(Direction direction, int bit_rate) {
  dcs_.bit_rate = bit_rate;
  tell(FaxEvent::Kind::Training, direction);
  if (!in_image_phase_ || page_is_open_) return;
  page_is_open_ = true;
  tell(FaxEvent::Kind::PageStarted, direction);
}

void FaxTimeline::tell(FaxEvent::Kind kind, Direction direction) {
  FaxEvent event{.kind = kind, .direction = direction};
  event.bit_rate = dcs_.bit_rate;
  event.ecm = dcs_.ecm;
  listener_.on_fax_event(event);
}

std::string identity_of(const FaxEvent& frame) {
  // The last digit first, padded with spaces.
  std::string identity;
  for (size_t i = frame.content_octets; i-- > 0;) {
    const uint8_t octet = frame.content[i];
    identity += octet >= 0x20 && octet < 0x7F ? static_cast<char>(octet) : '?';
  }
  return std::string(trimmed(identity));
}

std::string describe(const FaxEvent& event) {
  switch (event.kind) {
    case FaxEvent::Kind::Training:
      return fmt::format("training {} bit/s", event.bit_rate);
    case FaxEvent::Kind::PageStarted:
      return "page started";
    case FaxEvent::Kind::PageEnded:
      return "page ended";
    case FaxEvent::Kind::Ended:
      return "ended";
    case FaxEvent::Kind::Frame:
      break;
  }
  const std::string name(event.code.name());
  switch (event.code.kind) {
    case fcf::kDcs:
      return fmt::format("{} {} bit/s{}", name, event.bit_rate, event.ecm ? " ECM" : "");
    case fcf::kCsi:
    case fcf::kTsi:
    case fcf::kCig: {
      const std::string identity = identity_of(event);
      return identity.empty() ? name : name + " " + identity;
    }
    default:
      return name == "?" ? fmt::format("frame 0x{:02X}", event.frame) : name;
  }
}

}  // namespace sg::t38
