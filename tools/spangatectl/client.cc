#include "tools/spangatectl/client.h"

#include "base/unix_socket.h"

namespace sg::spangatectl {
Result<Json> ask(const std::string& socket, const Json& request, std::chrono::seconds patience) {
  auto fd = connect_to_unix(socket, patience);
  if (!fd) {
    return fail("cannot reach the gateway at {}: {}; is spangated running? (-s names another socket)", socket,
                fd.error().message);
  }
  auto line = ask_on(*fd, request.dump());
  if (!line) return fail_with(line.error(), "the gateway");

  Json reply = Json::parse(*line, nullptr, false);
  if (!reply.is_object() || !reply.contains("ok")) return fail("the answer is not the gateway's");
  if (reply["ok"] != true) return fail("{}", reply.value("error", "refused"));
  return reply.value("result", Json());
}

}  // namespace sg::spangatectl
