#include "gateway/guard/socket_filter.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace sg::guard {

Result<> admit_sip_only(int udp_socket) {
  // The filter sees the datagram from its UDP header on. A load from beyond the end throws it away.
  constexpr uint32_t kFirstOctet = 8;
  constexpr uint32_t kWhole = UINT32_MAX, kNothing = 0;
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFirstOctet),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, '\r', 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, '\n', 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, '!', 0, 1),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, '~', 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kNothing),
      BPF_STMT(BPF_RET | BPF_K, kWhole),
  };
  sock_fprog filter{.len = sizeof(program) / sizeof(*program), .filter = program};
  if (::setsockopt(udp_socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0) return {};
  return fail("SO_ATTACH_FILTER: {}", std::strerror(errno));
}

}  // namespace sg::guard
