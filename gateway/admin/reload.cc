#include "gateway/admin/command.h"

namespace sg::admin {

void run_reload(const Json&, View& view, const Reply& reply) {
  view.reload([reply](Result<ReloadView> done) {
    if (!done) return reply(tl::unexpected(done.error()));
    reply(Json{{"file", done->file},
               {"routes", done->routes},
               {"patterns", done->patterns},
               {"tests", done->tests},
               {"needs_restart", done->needs_restart}});
  });
}

}  // namespace sg::admin
