// A peer's SDP, read, answered with what it offers, and what we wrote read again.
#include <cstdlib>

#include "gateway/sip/sdp.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sg::sip;
  auto sdp = parse_sdp({reinterpret_cast<const char*>(data), size});
  if (!sdp) return 0;
  SdpSession session(1);
  auto answer = session.answer(*sdp, sdp->media);
  if (!parse_sdp(answer)) std::abort();
  return 0;
}
