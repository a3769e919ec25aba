#include "tdm/cesop/alarms.h"

namespace sg::tdm::cesop {

void Alarms::on_packet(Packet::Defect defect, bool remote_loss, TimePoint now) {
  if (!ever_ || now - last_packet_ >= kLossTime) good_since_ = now;
  ever_ = true;
  last_packet_ = now;
  blue_.observe(defect == Packet::Defect::Ais, now);
  yellow_.observe(remote_loss || defect == Packet::Defect::Rdi, now);
  on_time(now);
}

void Alarms::on_time(TimePoint now) {
  if (!ever_ || now - last_packet_ >= kLossTime) {
    is_red_ = true;
    // What the peer told is stale: it begins anew.
    blue_ = yellow_ = Persistent{.since = now};
    return;
  }
  if (is_red_ && last_packet_ - good_since_ >= kPersistence) is_red_ = false;
  blue_.settle(kAlarmBlue, now);
  yellow_.settle(kAlarmYellow, now);
}

}  // namespace sg::tdm::cesop
