// What SpanDSP's own T.38 gateway costs per second of line time, with nothing of ours around it: what sg_bench_fax is
// measured by. A program of its own, as those that have our gateway also have our dot products (t38/dot_products.h).
//
//   sg_bench_fax_bare DOCUMENT CALLS REPETITIONS
// sends the document in so many calls at once and prints the least of the repetitions, a line a figure.

#include <spandsp.h>
#include <spandsp/expose.h>

#include <memory>

#include "tests/bench/fax_machines.h"

namespace sg::bench {
namespace {

// SpanDSP's gateway between the two machines, and nothing else.
class BareCall final : private t38::IfpSink {
 public:
  explicit BareCall(const Machines& both)
      : line_(need(t38::AudioFaxMachine::make(both.on_line))),
        packets_(need(t38::T38FaxMachine::make(both.behind_t38, t38::Params{}, *this))),
        gateway_(t38_gateway_init(nullptr, &BareCall::on_packet, this)) {
    t38_gateway_set_transmit_on_idle(gateway_, TRUE);
    t38_gateway_set_ecm_capability(gateway_, TRUE);
    t38_gateway_set_supported_modems(gateway_, T30_SUPPORT_V27TER | T30_SUPPORT_V29 | T30_SUPPORT_V17);
  }
  BareCall(const BareCall&) = delete;
  BareCall& operator=(const BareCall&) = delete;
  ~BareCall() { t38_gateway_free(gateway_); }

  void speak() {
    line_->transmit(to_gateway_);
    packets_->advance(kBlock);
  }
  // What is measured.
  void pass() {
    t38_core_state_t* core = t38_gateway_get_t38_core_state(gateway_);
    for (const Bytes& ifp : ifps_to_gateway_) {
      t38_core_rx_ifp_packet(core, ifp.data(), static_cast<int>(ifp.size()), sequence_to_gateway_++);
    }
    t38_gateway_rx(gateway_, to_gateway_.data(), kBlock);
    int made = t38_gateway_tx(gateway_, from_gateway_.data(), kBlock);
    std::fill(from_gateway_.begin() + made, from_gateway_.end(), int16_t{0});
  }
  void listen() {
    ifps_to_gateway_.clear();
    line_->receive(from_gateway_);
    for (const Bytes& ifp : ifps_from_gateway_) packets_->receive_ifp(ifp, sequence_from_gateway_++);
    ifps_from_gateway_.clear();
  }
  bool is_finished() const { return line_->is_finished() && packets_->is_finished(); }
  bool went_well() const { return line_->result().success && packets_->result().success; }

 private:
  static int on_packet(t38_core_state_t*, void* self, const uint8_t* octets, int count, int) {
    static_cast<BareCall*>(self)->ifps_from_gateway_.emplace_back(octets, octets + count);
    return 0;
  }
  void on_ifp(ByteView ifp, int) override { ifps_to_gateway_.emplace_back(ifp.begin(), ifp.end()); }

  std::unique_ptr<t38::AudioFaxMachine> line_;
  std::unique_ptr<t38::T38FaxMachine> packets_;
  t38_gateway_state_t* gateway_;
  std::vector<Bytes> ifps_to_gateway_, ifps_from_gateway_;
  uint16_t sequence_to_gateway_ = 0, sequence_from_gateway_ = 0;
  Samples to_gateway_ = Samples(kBlock), from_gateway_ = Samples(kBlock);
};

// Milliseconds of CPU for each second of line time of one call.
double measure_bare(const std::vector<Machines>& pairs) {
  std::vector<std::unique_ptr<BareCall>> calls;
  for (const Machines& both : pairs) calls.push_back(std::make_unique<BareCall>(both));

  double spent = 0;
  int blocks = 0;
  for (; blocks < kMostBlocks && !all_finished(calls); ++blocks) {
    for (auto& call : calls) call->speak();
    double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (auto& call : calls) call->pass();
    spent += seconds_of(CLOCK_THREAD_CPUTIME_ID) - before;
    for (auto& call : calls) call->listen();
  }
  check(calls);
  return 1000 * spent / (blocks * 0.02 * static_cast<double>(calls.size()));
}

}  // namespace
}  // namespace sg::bench

int main(int argc, char** argv) {
  using namespace sg::bench;
  if (argc != 4) {
    std::cerr << "Usage: sg_bench_fax_bare DOCUMENT CALLS REPETITIONS\n";
    return 2;
  }
  const Folder folder;
  Least least;
  for (int i = 0; i < std::stoi(argv[3]); ++i) {
    for (Direction direction : {Direction::ToT38, Direction::FromT38}) {
      least.keep("fax.bare.", direction,
                 measure_bare(machines_of(direction, argv[1], std::stoi(argv[2]), folder.path)));
    }
  }
  least.print();
}
