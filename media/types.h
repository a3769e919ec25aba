#pragma once

#include <cstdint>
#include <string_view>

// The words that all of the media plane shares. This header stands below the rest of its room: jitter buffers and tone
// detectors include nothing else of it.
namespace sg::media {

// The sides of a session: A is the calling leg's, B the called leg's. C joins them in a conference.
enum class Side : uint8_t { A, B, C };
constexpr Side kSides[] = {Side::A, Side::B, Side::C};
// Of a call between two.
constexpr Side other_side(Side side) {
  return side == Side::A ? Side::B : Side::A;
}

// As the log has it.
constexpr std::string_view name_of(Side side) {
  switch (side) {
    case Side::A:
      return "a";
    case Side::B:
      return "b";
    case Side::C:
      return "c";
  }
  return "";
}

// Music: Config::hold_music over and over; where there is none it is as None.
enum class Tone : uint8_t { None, Dial, Ringback, Music };
enum class HeardTone : uint8_t { Cng, Ced, AnsAm, V21Preamble };

// Voice: adaptive jitter buffer, concealment. Fax (G.711 pass-through): fixed jitter buffer, nothing touched but the
// sender's clock. Data (64 kbit/s unrestricted): octets as they came, nothing heard in them, nothing put in their
// place.
enum class Profile : uint8_t { Voice, Fax, Data };

}  // namespace sg::media
