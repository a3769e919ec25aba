#include "tools/pstnsim/lines.h"

#include <algorithm>

#include "tdm/cas/group.h"
#include "tdm/dahdi/lasting_dchannel.h"
#include "tdm/pri/interface.h"
#include "tools/pstnsim/dchannel_cut.h"

namespace sg::pstnsim {

using tdm::Timeslot;

bool Trunk::has(uint16_t span) const {
  return std::ranges::count(config.pri.spans, span, &tdm::pri::Span::number) > 0;
}

void Trunk::join(const Span& other) {
  config.pri.spans.push_back(other.pri.spans.front());
  if (other.backup_dchannel) config.pri.backup = Timeslot{other.cesop.number, dchannel_of(other.cesop.type)};
}

Result<std::unique_ptr<Lines>> Lines::make(const std::vector<Span>& spans, const Given& given, Reactor& reactor,
                                           Counters& counters) {
  std::unique_ptr<Lines> lines(new Lines(given, reactor, counters));
  if (auto started = lines->start_backends(spans); !started) return tl::unexpected(started.error());
  for (const Span& span : spans) {
    if (span.nfas != 0) continue;
    auto& trunk = lines->trunks_.emplace_back(std::make_unique<Trunk>(span));
    for (const Span& other : spans) {
      if (other.nfas == span.cesop.number) trunk->join(other);
    }
    auto interface = lines->make_interface(*trunk);
    if (!interface) return tl::unexpected(interface.error());
    trunk->interface = std::move(*interface);
  }
  return lines;
}

void Lines::set_listener(tdm::Backend::Listener* listener) {
  if (cesop_) cesop_->set_listener(listener);
  if (dahdi_) dahdi_->set_listener(listener);
}

Result<> Lines::start_backends(const std::vector<Span>& spans) {
  std::vector<tdm::cesop::SpanConfig> pseudowires;
  tdm::dahdi::Options cards;
  // All calls run in one thread, and a fax machine that closes a page keeps it for a while on a slow processor.
  constexpr auto kMargin = 200ms;
  cards.transmit_margin = kMargin;
  for (const Span& span : spans) {
    if (span.backend == SpanBackend::Cesop) pseudowires.emplace_back(span.cesop).transmit_margin = kMargin;
    if (span.backend == SpanBackend::Dahdi) cards.spans.push_back({span.cesop.number, span.driver_span});
  }
  if (!pseudowires.empty()) {
    auto backend = tdm::cesop::make_backend(pseudowires, reactor_, counters_);
    if (!backend) return tl::unexpected(backend.error());
    cesop_ = std::move(*backend);
  }
  if (!cards.spans.empty()) {
    auto backend = tdm::dahdi::DahdiBackend::make(reactor_, std::move(cards));
    if (!backend) return tl::unexpected(backend.error());
    dahdi_ = std::move(*backend);
  }
  return {};
}

tdm::Backend* Lines::backend_of(const Span& span) const {
  if (span.backend == SpanBackend::Cesop) return cesop_.get();
  if (span.backend == SpanBackend::Dahdi) return dahdi_.get();
  auto found = given_.find(span.cesop.number);
  return found == given_.end() ? nullptr : found->second;
}

Result<std::unique_ptr<tdm::Signalling>> Lines::make_interface(Trunk& trunk) {
  const Span& span = trunk.config;
  trunk.backend = backend_of(span);
  if (trunk.backend == nullptr) return fail("span {}: there is nothing that brings it", span.cesop.number);
  if (!span.is_analog()) return make_isdn(trunk);
  const std::map<uint16_t, tdm::Backend*> backends{{span.cesop.number, trunk.backend}};
  return std::make_unique<tdm::cas::Group>(span.analog, reactor_, backends, counters_);
}

Result<std::unique_ptr<tdm::Signalling>> Lines::make_isdn(Trunk& trunk) {
  const Span& span = trunk.config;
  if (span.backend != SpanBackend::Dahdi)
    return tdm::pri::Interface::make(span.pri, reactor_, *trunk.backend, counters_);
  auto open = [this, slot = Timeslot{span.cesop.number, dchannel_of(span.cesop.type)}] {
    return dahdi_->open_dchannel(slot);
  };
  auto dchannel = tdm::dahdi::LastingDChannel::make(reactor_, span.pri.name, open);
  if (!dchannel) return tl::unexpected(dchannel.error());
  return tdm::pri::Interface::make(
      span.pri, reactor_, make_dchannel_that_can_be_cut(std::move(*dchannel), trunk.dchannel_is_cut), counters_);
}

std::vector<tdm::SpanStatus> Lines::status() const {
  std::vector<tdm::SpanStatus> all;
  if (cesop_) all = cesop_->status();
  if (dahdi_) std::ranges::move(dahdi_->status(), std::back_inserter(all));
  return all;
}

Trunk* Lines::find(uint16_t span) {
  for (auto& trunk : trunks_) {
    if (trunk->has(span)) return trunk.get();
  }
  return nullptr;
}

}  // namespace sg::pstnsim
