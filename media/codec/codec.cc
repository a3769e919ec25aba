#include "media/codec/codec.h"

#include <array>

#include "media/codec/g711.h"

namespace sg::media {
namespace {

using tdm::Law;

constexpr std::array kCodecs{
    Codec{CodecId::Pcma, "PCMA", 8000, 8, 1, 1, Law::A,
          [](std::span<const int16_t> linear, std::span<uint8_t> octets) { g711::encode(Law::A, linear, octets); },
          [](ByteView octets, std::span<int16_t> linear) { g711::decode(Law::A, octets, linear); }},
    Codec{CodecId::Pcmu, "PCMU", 8000, 0, 1, 1, Law::Mu,
          [](std::span<const int16_t> linear, std::span<uint8_t> octets) { g711::encode(Law::Mu, linear, octets); },
          [](ByteView octets, std::span<int16_t> linear) { g711::decode(Law::Mu, octets, linear); }},
};

}  // namespace

std::span<const Codec> codecs() {
  return kCodecs;
}

const Codec& codec_of(CodecId id) {
  return kCodecs[static_cast<size_t>(id)];
}

}  // namespace sg::media
