#include "gateway/guard/overload.h"

namespace sg::guard {

Overload::Change Overload::on_backlog(const Backlog& backlog, TimePoint now) {
  is_half_filled_ = backlog.filled >= limits_.filled / 2;
  return is_on_ ? end(now) : begin(backlog, now);
}

Overload::Change Overload::begin(const Backlog& backlog, TimePoint now) {
  if (backlog.filled < limits_.filled || backlog.age < limits_.age) {
    stands_since_.reset();
    return Change::None;
  }
  if (!stands_since_) stands_since_ = now - backlog.age;
  if (now - *stands_since_ < limits_.stands_for) return Change::None;
  stands_since_.reset();
  is_on_ = true;
  return Change::Began;
}

Overload::Change Overload::end(TimePoint now) {
  if (is_half_filled_) {
    calm_since_.reset();
    return Change::None;
  }
  if (!calm_since_) calm_since_ = now;
  if (now - *calm_since_ < limits_.calm_for) return Change::None;
  calm_since_.reset();
  is_on_ = false;
  return Change::Ended;
}

}  // namespace sg::guard
