// A peer's UDPTL datagrams, in a row, to the receiver: each IFP comes out once, in order, and none is longer than
// allowed.
#include <cstdlib>

#include "t38/udptl.h"
#include "tests/fuzz/datagrams.h"

namespace {

struct Checker final : sg::t38::UdptlReceiver::Listener {
  void on_udptl_ifp(uint16_t sequence, sg::ByteView ifp) override {
    if (ifp.size() > limit || (has_last && sequence == last)) std::abort();
    last = sequence;
    has_last = true;
  }
  size_t limit = 560;
  bool has_last = false;
  uint16_t last = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sg;
  Checker checker;
  t38::UdptlReceiver receiver(checker);
  TimePoint now{};
  fuzz::for_each_datagram({data, size}, [&](ByteView datagram) {
    receiver.receive(datagram, now);
    now += 20ms;
    receiver.poll(now);
  });
  receiver.poll(now + 1s);
  return 0;
}
