#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "t38/fax_machine.h"
#include "t38/gateway.h"
#include "t38/udptl.h"

// Fax machines, gateways and packet networks under virtual time, for tests.
namespace sg::t38 {

constexpr size_t kTick = 160;  // samples: 20 ms
constexpr Duration kTickTime = 20ms;

// What a network does to datagrams; the seed makes it the same each time.
struct Network {
  double loss = 0;  // share of datagrams
  Duration delay = 30ms;
  Duration jitter = 0ms;  // added at random: datagrams may overtake one another
  unsigned seed = 1;
};

// One direction of a T.38 call: IFPs in, UDPTL over a network, IFPs out.
class PacketPath final : public IfpSink, private UdptlReceiver::Listener {
 public:
  using Deliver = std::function<void(ByteView ifp, uint16_t sequence)>;

  PacketPath(const UdptlSender::Options& options, const Network& network, Deliver deliver);

  void on_ifp(ByteView ifp, int copies) override;
  void advance_to(TimePoint now);
  void cut() { is_cut_ = true; }
  const UdptlCounters& counters() const { return receiver_.counters(); }
  // Datagrams beyond what the peer takes.
  uint64_t oversize() const { return sender_.oversize(); }

 private:
  struct InFlight {
    TimePoint at;
    uint64_t order;
    Bytes datagram;
    bool operator>(const InFlight& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };
  void on_udptl_ifp(uint16_t sequence, ByteView ifp) override { deliver_(ifp, sequence); }

  UdptlSender sender_;
  UdptlReceiver receiver_{*this};
  Network network_;
  Deliver deliver_;
  std::mt19937 random_;
  std::priority_queue<InFlight, std::vector<InFlight>, std::greater<>> in_flight_;
  uint64_t sent_ = 0;
  TimePoint now_;
  bool is_cut_ = false;
};

// A gateway between a path out to the peer and what the peer sends; keeps what it tells.
class GatewayUnderTest final : public Gateway::Listener {
 public:
  explicit GatewayUnderTest(const GatewayOptions& options) : gateway(options, *this) {}

  void on_ifp(ByteView ifp, int copies) override { to_peer->on_ifp(ifp, copies); }
  void on_fax_event(const FaxEvent& event) override { events.push_back(event); }

  IfpSink* to_peer = nullptr;
  std::vector<FaxEvent> events;
  Gateway gateway;
};

// Each page as rows of pixels.
struct Page {
  uint32_t width = 0;
  std::vector<Bytes> rows;
  bool operator==(const Page&) const = default;
};
std::vector<Page> read_tiff(const std::filesystem::path& file);

std::filesystem::path test_document(const std::string& name);
// A file of this test's own.
std::filesystem::path received_file();
// The first page of a document twice, in fine and in standard resolution: a file of this test's own.
std::filesystem::path document_of_two_resolutions(const std::filesystem::path& document);

}  // namespace sg::t38
