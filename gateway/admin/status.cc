#include "gateway/admin/command.h"

namespace sg::admin {

void run_status(const Json&, View& view, const Reply& reply) {
  StatusView status = view.status();
  reply(Json{{"version", status.version},
             {"uptime_s", status.uptime.count()},
             {"calls", status.calls},
             {"sessions", status.sessions},
             {"media_workers", status.media_workers},
             {"records_waiting", status.records_waiting},
             {"overloaded", status.is_overloaded},
             {"listening", status.listening}});
}

}  // namespace sg::admin
