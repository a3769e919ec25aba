#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/counters.h"
#include "base/reactor.h"
#include "tdm/cesop/backend.h"
#include "tdm/dahdi/backend.h"
#include "tdm/signalling.h"
#include "tools/pstnsim/config.h"

namespace sg::pstnsim {

// One interface of the exchange, and what brings its span.
struct Trunk {
  explicit Trunk(const Span& span) : config(span) {}

  uint16_t number() const { return config.cesop.number; }
  bool has(uint16_t span) const;
  // The timeslots of another span belong to this one's interface.
  void join(const Span& other);

  Span config;
  tdm::Backend* backend = nullptr;
  bool dchannel_is_cut = false;
  std::unique_ptr<tdm::Signalling> interface;
};

// All that the exchange is connected by: spans, what brings them, and the interfaces on them. The exchange's thread.
class Lines {
 public:
  // What brings the spans whose backend is Given, by their numbers.
  using Given = std::map<uint16_t, tdm::Backend*>;

  // Error: a port in use, a span that nothing brings, an interface that contradicts itself.
  static Result<std::unique_ptr<Lines>> make(const std::vector<Span>& spans, const Given& given, Reactor& reactor,
                                             Counters& counters);

  // Null: nobody.
  void set_listener(tdm::Backend::Listener* listener);
  const std::vector<std::unique_ptr<Trunk>>& trunks() const { return trunks_; }
  // Null: there is no such span.
  Trunk* find(uint16_t span);
  std::vector<tdm::SpanStatus> status() const;
  // What brings pseudowires.
  tdm::cesop::Backend& cesop() { return *cesop_; }

 private:
  Lines(const Given& given, Reactor& reactor, Counters& counters)
      : given_(given), reactor_(reactor), counters_(counters) {}
  Result<> start_backends(const std::vector<Span>& spans);
  tdm::Backend* backend_of(const Span& span) const;
  Result<std::unique_ptr<tdm::Signalling>> make_interface(Trunk& trunk);
  Result<std::unique_ptr<tdm::Signalling>> make_isdn(Trunk& trunk);

  const Given given_;
  Reactor& reactor_;
  Counters& counters_;
  std::unique_ptr<tdm::cesop::Backend> cesop_;
  std::unique_ptr<tdm::dahdi::DahdiBackend> dahdi_;
  std::vector<std::unique_ptr<Trunk>> trunks_;
};

}  // namespace sg::pstnsim
