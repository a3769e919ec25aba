// To be preloaded: whoever asks for the wall clock gets it moved by as many nanoseconds as the file that SG_WALL_CLOCK
// names says at that moment (eight octets), and so do the kernel's time stamps of datagrams. Other clocks stay.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t offset() {
  static const auto* moved = [] {
    const char* file = std::getenv("SG_WALL_CLOCK");
    int fd = file ? ::open(file, O_RDONLY | O_CLOEXEC) : -1;
    void* mapped = fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) ::close(fd);
    return mapped == MAP_FAILED ? nullptr : static_cast<const int64_t*>(mapped);
  }();
  return moved ? __atomic_load_n(moved, __ATOMIC_RELAXED) : 0;
}

void move(timespec& time) {
  const int64_t all = time.tv_sec * kSecond + time.tv_nsec + offset();
  time = {all / kSecond, all % kSecond};
}

void move_stamps(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp;
    std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    move(stamp);
    std::memcpy(CMSG_DATA(part), &stamp, sizeof stamp);
  }
}

template <class Function>
Function* next(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) move(*time);
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now;
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return result;
}

time_t time(time_t* also) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (also) *also = now.tv_sec;
  return now.tv_sec;
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static auto* const kReal = next(&::recvmsg, "recvmsg");
  const ssize_t size = kReal(fd, message, flags);
  if (size >= 0) move_stamps(*message);
  return size;
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  static auto* const kReal = next(&::recvmmsg, "recvmmsg");
  const int received = kReal(fd, messages, count, flags, timeout);
  for (int i = 0; i < received; ++i) move_stamps(messages[i].msg_hdr);
  return received;
}
}
