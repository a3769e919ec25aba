#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

// Where the control socket is that no configuration and no option names: one place for the gateway and for spangatectl.
namespace sg::conf {

inline constexpr std::string_view kMachineSocket = "/run/spangate/control.sock";

// One machine has one gateway, in a place that root makes; an ordinary user may have another, to try things out.
class ControlSocket {
 public:
  // For this process.
  ControlSocket();
  // `runtime_dir`: $XDG_RUNTIME_DIR; null or empty: not set.
  ControlSocket(uid_t user, const char* runtime_dir, std::string machine = std::string(kMachineSocket));

  // The gateway's: the machine's where the user may make it, else the user's own.
  std::string to_make() const;
  // spangatectl's: the user's own where a gateway answers on it, else the machine's where that is.
  std::string to_ask() const;

 private:
  uid_t user_;
  std::string machine_, own_;
};

}  // namespace sg::conf
