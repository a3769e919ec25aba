// A peer's IFPs into SpanDSP's T.38 terminals, which have documents: one that answers and receives, one that calls and
// sends, and the same polled. Of each row of octets the first says how much time passes after it; the rest is an IFP.
// What hits one terminal's states hits none of another's, so all are told everything.
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "t38/fax_machine.h"
#include "tests/fuzz/datagrams.h"

namespace {

using namespace sg;

struct Silent final : t38::IfpSink {
  void on_ifp(ByteView, int) override {}
};

std::filesystem::path received_file(const char* name) {
  return std::filesystem::temp_directory_path() / ("fuzz-" + std::to_string(::getpid()) + name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  Silent silent;
  t38::Params peer;
  peer.version = data[0] & 3;
  const bool ecm = (data[0] & 4) != 0;
  const std::filesystem::path document = SG_TEST_DATA "/fax/itu1.tif";
  const t38::FaxMachineOptions options[] = {
      {.calling = false, .receive_file = received_file("-called.tif"), .ecm = ecm},
      {.calling = true, .send_file = document, .ecm = ecm},
      {.calling = true, .receive_file = received_file("-polls.tif"), .ecm = ecm},
      {.calling = false, .send_file = document, .ecm = ecm},
  };
  std::vector<std::unique_ptr<t38::T38FaxMachine>> machines;
  for (const auto& each : options) machines.push_back(t38::T38FaxMachine::make(each, peer, silent).value());
  uint16_t sequence = 0;
  fuzz::for_each_datagram({data + 1, size - 1}, [&](ByteView row) {
    if (row.empty()) return;
    constexpr size_t kBlock = 160;
    for (auto& machine : machines) {
      machine->receive_ifp(row.subspan(1), sequence);
      for (int blocks = row[0]; blocks >= 0; --blocks) machine->advance(kBlock);
    }
    ++sequence;
  });
  for (auto& machine : machines) machine->hang_up();
  return 0;
}
