#include "gateway/trunk/span_watch.h"

#include <algorithm>

namespace sg::trunk {

SpanWatch::SpanWatch(Reactor& reactor, Spans spans) : spans_(std::move(spans)), timer_(reactor) {
  take();
  arm();
}

void SpanWatch::take() {
  auto now = std::chrono::system_clock::now();
  for (const auto& span : spans_()) histories_[span.number].take(now, span);
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
