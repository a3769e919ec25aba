#include "t38/ifp_listener.h"

#include "t38/ifp_fields.h"

namespace sg::t38 {
namespace {

// IFPs have the first bit on the line highest.
uint8_t reversed(uint8_t octet) {
  octet = static_cast<uint8_t>((octet & 0xF0) >> 4 | (octet & 0x0F) << 4);
  octet = static_cast<uint8_t>((octet & 0xCC) >> 2 | (octet & 0x33) << 2);
  return static_cast<uint8_t>((octet & 0xAA) >> 1 | (octet & 0x55) << 1);
}

}  // namespace

void IfpListener::hear(Direction from, const IfpResult& packet) {
  if (!packet.ok()) return;
  Voice& voice = voices_[static_cast<size_t>(from)];
  const bool is_indicator = packet.ifp.kind == Ifp::Kind::Indicator;
  if (is_indicator || packet.ifp.type != kV21) voice.octets = 0;
  if (!is_indicator) {
    voice.indicator = -1;
    if (packet.ifp.type == kV21) hear_v21(from, voice, packet);
    return;
  }
  if (auto rate = trained_rate(packet.ifp); rate && voice.indicator != packet.ifp.type) {
    timeline_.on_training(from, *rate);
  }
  voice.indicator = packet.ifp.type;
}

void IfpListener::hear_v21(Direction from, Voice& voice, const IfpResult& packet) {
  FieldWalk walk(packet.octets, fields_at(packet.octets), version_);
  for (int i = 0; i < packet.ifp.fields; ++i) {
    Field field;
    if (walk.next(field) != IfpFault::None) return;
    for (uint8_t octet : packet.octets.subspan(field.data_at, field.octets)) {
      voice.is_too_long = voice.octets == voice.frame.size();
      if (voice.is_too_long) break;
      voice.frame[voice.octets++] = reversed(octet);
    }
    if (field.type == kHdlcData) continue;
    const bool is_good = (field.type == kHdlcFcsOk || field.type == kHdlcFcsOkSigEnd) && !voice.is_too_long;
    if (is_good && voice.octets > 0) timeline_.on_frame(from, ByteView(voice.frame).first(voice.octets));
    voice.octets = 0;
    voice.is_too_long = false;
  }
}

}  // namespace sg::t38
