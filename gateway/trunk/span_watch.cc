#include "gateway/trunk/span_watch.h"

#include <algorithm>

namespace sg::trunk {

SpanWatch::SpanWatch(Reactor& reactor, Backends& backends, Trunks& trunks)
    : backends_(backends), trunks_(trunks), timer_(reactor) {
  backends_.set_listener(this);
  for (const auto& span : backends_.status()) on_alarms_changed(span.number, span.alarms);
  arm();
}

SpanWatch::~SpanWatch() {
  backends_.set_listener(nullptr);
}

void SpanWatch::on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) {
  log_.warning("span={} alarms={}", span, tdm::to_string(alarms));
  take();
  trunks_.on_alarms_changed(span, alarms);
}

void SpanWatch::take() {
  auto now = std::chrono::system_clock::now();
  for (const auto& span : backends_.status()) histories_[span.number].take(now, span);
}

tdm::SpanHistory::View SpanWatch::history(const tdm::SpanStatus& span) const {
  auto found = histories_.find(span.number);
  auto history = found == histories_.end() ? tdm::SpanHistory() : found->second;
  history.take(std::chrono::system_clock::now(), span);
  return history.view();
}

void SpanWatch::arm() {
  auto now = std::chrono::system_clock::now();
  auto wait = std::chrono::duration_cast<Duration>(tdm::SpanHistory::next_quarter(now) - now);
  timer_.arm(std::min(wait, kLongestWait), [this] {
    take();
    arm();
  });
}

}  // namespace sg::trunk
