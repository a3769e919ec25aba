// [records], [control] and [log].
#include "conf/control_socket.h"
#include "conf/kinds.h"
#include "conf/options.h"

namespace sg::conf {

const std::vector<Option<Records>>& records_options() {
  static const std::vector<Option<Records>> options = {
      option<Records>(
          "file", &Records::file, text("a path"),
          "Call records are appended here, a line of JSON each; the file's directory is made where only that is "
          "missing. Empty: none are kept."),
  };
  return options;
}

const std::vector<Option<Control>>& control_options() {
  static const std::vector<Option<Control>> options = {
      option<Control>("socket", &Control::socket, maybe(text("a path"), in_quotes(kMachineSocket)),
                      "Unix socket that spangatectl talks to. Empty: none. Not given: the one below, for root and for "
                      "whoever may write to its directory; else, for an ordinary user, "
                      "$XDG_RUNTIME_DIR/spangate/control.sock, or /tmp/spangate-UID/control.sock where that is not "
                      "set. spangatectl finds all of these by itself. Its directory is made where it is missing."),
      option<Control>("group", &Control::group, text("a group's name"),
                      "Group whose members may use the socket, and enter its directory where the gateway makes it. "
                      "Empty: the gateway's own."),
  };
  return options;
}

const std::vector<Option<LogSettings>>& log_options() {
  static const std::vector<Option<LogSettings>> options = {
      option<LogSettings>("level", &LogSettings::level,
                          choice<LogLevel>({{"error", LogLevel::Error},
                                            {"warning", LogLevel::Warning},
                                            {"info", LogLevel::Info},
                                            {"debug", LogLevel::Debug}}),
                          "How much is written to standard error: this and what is worse."),
  };
  return options;
}

}  // namespace sg::conf
