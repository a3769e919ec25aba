#include "gateway/sip/refused_methods.h"

namespace sg::sip {

bool RefusedMethods::on_refused(const std::string& source, const std::string& method, TimePoint now) {
  while (!told_.empty() && now - told_.front().at >= kTellAgainAfter) {
    known_.erase(told_.front().what);
    told_.pop_front();
  }
  if (told_.size() >= kMost) return false;
  auto what = source + " " + method;
  if (!known_.insert(what).second) return false;
  told_.push_back({now, std::move(what)});
  return true;
}

}  // namespace sg::sip
