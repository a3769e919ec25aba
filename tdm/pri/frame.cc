#include "tdm/pri/frame.h"

namespace sg::tdm::pri {

namespace {

constexpr size_t kAddressAndControl = 4;  // of an I frame, Q.921 section 3
constexpr size_t kAddressAndShortControl = 3;
constexpr uint8_t kDiscriminator = 0x08;
constexpr uint8_t kMaintenance1 = 0x03, kMaintenance2 = 0x43;  // SERVICE of AT&T TR 41459 and NI-2
constexpr uint8_t kDisconnect = 0x45;
constexpr uint8_t kCause = 0x08;
constexpr uint8_t kProgressIndicator = 0x1e;
constexpr uint8_t kInbandAvailable = 8;
constexpr uint8_t kUserInformation = 0x03;  // UI, Q.921 table 3: the poll bit masked out

struct Message {
  uint8_t discriminator = 0;
  int reference = 0;  // with the flag in kFromDestination; value 0 is the global one
  uint8_t type = 0;
  size_t elements = 0;  // where they begin in the frame
};

// The layer 3 message in an I or UI frame; none for other frames and for what is too short to hold one.
enum class Layer3 : uint8_t { Absent, Malformed, Present };
Layer3 find_message(ByteView frame, Message& message) {
  ByteReader reader(frame);
  reader.skip(2);
  uint8_t control = reader.u8();
  if (!reader.ok()) return Layer3::Malformed;
  bool numbered = (control & 1) == 0;
  bool unnumbered_information = (control & 0xef) == kUserInformation;
  if (!numbered && !unnumbered_information) return Layer3::Absent;
  reader = ByteReader(frame);
  reader.skip(numbered ? kAddressAndControl : kAddressAndShortControl);
  // TEI management (SAPI 63, Q.921 section 5.3) is no Q.931.
  if (unnumbered_information && frame[0] >> 2 == 63) return Layer3::Absent;
  message.discriminator = reader.u8();
  uint8_t length = reader.u8();
  if (length > 2) return Layer3::Malformed;
  if (length == 1) {
    uint8_t octet = reader.u8();
    message.reference = (octet & 0x7f) | (octet & 0x80 ? kFromDestination : 0);
  }
  if (length == 2) message.reference = reader.u16();
  message.type = reader.u8();
  message.elements = reader.position();
  return reader.ok() ? Layer3::Present : Layer3::Malformed;
}

struct Element {
  uint8_t id = 0;
  ByteView whole;    // with identifier and length
  ByteView content;  // empty for those of one octet
};

// The next information element (Q.931 section 4.5.1).
bool next_element(ByteReader& reader, ByteView frame, Element& element) {
  size_t begin = reader.position();
  element.id = reader.u8();
  element.content = {};
  if (!(element.id & 0x80)) element.content = reader.bytes(reader.u8());
  if (!reader.ok()) return false;
  element.whole = frame.subspan(begin, reader.position() - begin);
  return true;
}

// Octet 3 and those it is extended by: there is a last one.
bool has_last_extension(ByteView content) {
  for (uint8_t octet : content) {
    if (octet & 0x80) return true;
  }
  return false;
}

// Long enough for what libpri reads of it.
bool is_well_formed(const Element& element) {
  ByteView content = element.content;
  switch (element.id) {
    case 0x04:  // bearer capability: a multirate octet follows rate 0x18
      return content.size() >= 3 || (content.size() == 2 && (content[1] & 0x7f) != 0x18);
    case 0x08:  // cause
      return content.size() >= 2 && ((content[0] & 0x80) || content.size() >= 3);
    case 0x1e:  // progress indicator
      return content.size() >= 2;
    case 0x29:  // date and time
      return content.size() >= 3;
    case 0x0c:
    case 0x4c:  // connected address, connected number
    case 0x6c:  // calling party number
    case 0x73:
    case 0x74:
    case 0x76:  // original called, redirecting, redirection number
      return has_last_extension(content);
    case 0x01:
    case 0x14:
    case 0x18:
    case 0x1c:
    case 0x20:
    case 0x27:
    case 0x28:
    case 0x2c:
    case 0x37:
    case 0x4a:
    case 0x6d:
    case 0x70:
    case 0x71:
    case 0x79:
    case 0x7e:
      return !content.empty();
    default:
      return true;
  }
}

bool announces(const Element& element) {
  return element.id == kProgressIndicator && element.content.size() >= 2 &&
         (element.content[1] & 0x7f) == kInbandAvailable;
}

}  // namespace

std::optional<Guarded> guard(ByteView frame) {
  bool unnumbered = frame.size() > 2 && (frame[2] & 3) == 3;
  size_t header = unnumbered ? kAddressAndShortControl : kAddressAndControl;
  if (frame.size() < header) return std::nullopt;
  Message message;
  auto layer3 = find_message(frame, message);
  if (layer3 == Layer3::Absent) return Guarded{Bytes(frame.begin(), frame.end()), 0};
  bool known = message.discriminator == kDiscriminator || message.discriminator == kMaintenance1 ||
               message.discriminator == kMaintenance2;
  if (layer3 == Layer3::Malformed || !known) {
    return Guarded{Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(header)), 1};
  }
  Guarded guarded{Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(message.elements)), 0};
  ByteReader reader(frame);
  reader.skip(message.elements);
  while (reader.remaining() > 0) {
    Element element;
    if (!next_element(reader, frame, element)) {
      // What follows cannot be told apart: the rest goes.
      ++guarded.removed;
      break;
    }
    if (is_well_formed(element)) {
      guarded.frame.insert(guarded.frame.end(), element.whole.begin(), element.whole.end());
    } else {
      ++guarded.removed;
    }
  }
  return guarded;
}

std::optional<Disconnect> parse_disconnect(ByteView frame) {
  Message message;
  if (find_message(frame, message) != Layer3::Present) return std::nullopt;
  if (message.discriminator != kDiscriminator || message.type != kDisconnect) return std::nullopt;
  Disconnect disconnect{.reference = message.reference};
  ByteReader reader(frame);
  reader.skip(message.elements);
  Element element;
  while (reader.remaining() > 0 && next_element(reader, frame, element)) {
    if (announces(element)) disconnect.announcement = true;
    // The location octet may be extended by a recommendation, Q.850 section 2.2.
    if (element.id == kCause && is_well_formed(element))
      disconnect.cause = element.content[element.content[0] & 0x80 ? 1 : 2] & 0x7f;
  }
  return disconnect;
}

Bytes with_announcement(ByteView disconnect) {
  Message message;
  find_message(disconnect, message);
  ByteReader reader(disconnect);
  reader.skip(message.elements);
  // Elements stand in ascending order: after cause and facility.
  size_t at = reader.position();
  Element element;
  while (reader.remaining() > 0 && next_element(reader, disconnect, element) && element.id < kProgressIndicator) {
    at = reader.position();
  }
  // CCITT coding, public network serving the local user; description 8.
  const uint8_t indicator[] = {kProgressIndicator, 2, 0x82, 0x80 | kInbandAvailable};
  Bytes edited(disconnect.begin(), disconnect.begin() + static_cast<std::ptrdiff_t>(at));
  edited.insert(edited.end(), std::begin(indicator), std::end(indicator));
  edited.insert(edited.end(), disconnect.begin() + static_cast<std::ptrdiff_t>(at), disconnect.end());
  return edited;
}

std::optional<Restart> parse_restart(ByteView frame) {
  constexpr uint8_t kRestart = 0x46, kChannelIdentification = 0x18, kRestartIndicator = 0x79;
  constexpr uint8_t kInterfaceNamed = 0x40, kAllInterfaces = 7;
  Message message;
  if (find_message(frame, message) != Layer3::Present) return std::nullopt;
  if (message.discriminator != kDiscriminator || message.type != kRestart) return std::nullopt;
  Restart restart;
  ByteReader reader(frame);
  reader.skip(message.elements);
  Element element;
  while (reader.remaining() > 0 && next_element(reader, frame, element)) {
    ByteView content = element.content;
    if (element.id == kChannelIdentification && content.size() >= 2 && content[0] & kInterfaceNamed)
      restart.interface = content[1] & 0x7f;
    if (element.id == kRestartIndicator && !content.empty())
      restart.all_interfaces = (content[0] & 7) == kAllInterfaces;
  }
  return restart;
}

bool is_maintenance(ByteView frame) {
  Message message;
  return find_message(frame, message) == Layer3::Present &&
         (message.discriminator == kMaintenance1 || message.discriminator == kMaintenance2);
}

namespace {

// A Q.931 message in a UI frame. The reference has its flag.
Bytes message_frame(int call_reference, size_t reference_octets, uint8_t type,
                    std::initializer_list<uint8_t> elements) {
  constexpr uint8_t kSapi = 0x00, kTei = 0x01;  // call control, point to point (Q.921 section 3.3)
  Bytes frame{kSapi, kTei, kUserInformation, kDiscriminator, static_cast<uint8_t>(reference_octets)};
  if (reference_octets > 1) {
    frame.push_back(static_cast<uint8_t>(call_reference >> 8));
    frame.push_back(static_cast<uint8_t>(call_reference));
  } else {
    // Of one octet the flag is the highest bit too.
    frame.push_back(static_cast<uint8_t>((call_reference & 0x7f) | (call_reference & kFromDestination ? 0x80 : 0)));
  }
  frame.push_back(type);
  frame.insert(frame.end(), elements);
  return frame;
}

}  // namespace

Bytes status_frame(int call_reference) {
  constexpr uint8_t kStatus = 0x7d, kCallState = 0x14, kActive = 10, kResponseToStatusEnquiry = 30;
  return message_frame(call_reference, 2, kStatus,
                       {kCause, 2, 0x80, 0x80 | kResponseToStatusEnquiry, kCallState, 1, kActive});
}

Bytes disconnect_frame(int call_reference, size_t reference_octets, int cause) {
  constexpr uint8_t kMessage = 0x45;
  return message_frame(call_reference, reference_octets, kMessage,
                       {kCause, 2, 0x80, static_cast<uint8_t>(0x80 | cause)});
}

}  // namespace sg::tdm::pri
