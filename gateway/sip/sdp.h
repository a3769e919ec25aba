#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/call/media_description.h"

// SDP (RFC 8866) to and from media descriptions. Pure functions: text and values in, text and values out.
namespace sg::sip {

// One m-line as it came, kept so that an answer can repeat it in its place (RFC 3264 section 6).
struct SdpLine {
  enum class Role : uint8_t { Audio, Image, Unused };  // Unused: nothing that we carry, or refused by port 0
  Role role = Role::Unused;
  std::string media, protocol, formats;  // "audio", "RTP/AVP", "8 0 101"
};

struct Sdp {
  call::MediaDescription media;
  std::vector<SdpLine> lines;
  std::vector<call::OfferedStream> streams;  // the same for people
  std::string origin;                        // o= as it came: the same again means that nothing changed
};

// Tolerant: any line ending, any case, unknown lines and attributes skipped. An m-line whose address is a name, a
// multicast group or none at all counts as refused, and only the first of each kind is taken up. Error: no SDP at all.
Result<Sdp> parse_sdp(std::string_view text);

// Our side of one dialog's descriptions: session id, version (RFC 3264 section 8), and the m-lines of the session in
// their order, which neither side may change any more.
class SdpSession {
 public:
  // `id`: any number, fixed for the dialog.
  explicit SdpSession(uint64_t id) : id_(id) {}

  // The version grows only when something changes. Lines that the session had and `media` has no more get port 0.
  std::string offer(const call::MediaDescription& media);
  // Lines of the offer that `media` does not take up get port 0.
  std::string answer(const Sdp& offer, const call::MediaDescription& media);
  // What stands, word for word: for a refresh. Empty before the first.
  const std::string& current() const { return current_.text; }
  // The last offer of ours was refused: what stood before stands again.
  void roll_back();

 private:
  struct Described {
    std::vector<SdpLine> lines;
    std::string body;  // all but v= and o=
    std::string text;
  };
  std::string write(const call::MediaDescription& media, const std::vector<SdpLine>& lines);

  uint64_t id_;
  uint64_t version_ = 0;
  SocketAddress host_;
  Described current_, previous_;
};

}  // namespace sg::sip
