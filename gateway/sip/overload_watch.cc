#include "gateway/sip/overload_watch.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>

#include "gateway/sip/sofia_sockets.h"

namespace sg::sip {
namespace {

constexpr Duration kLook = 100ms;
// Each of its rounds late by so much, for so long: one that was late alone was held up.
constexpr guard::OverloadLimits kLoop{.age = 200ms, .stands_for = 2s};
// So large that a burst of some hundred calls fits in, as far as net.core.rmem_max lets it, and so small that what it
// holds can be read within T1, before it is sent again.
constexpr int kReceiveBuffer = 512 * 1024;

double filled(int fd) {
  uint32_t figures[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof(figures);
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, figures, &size) != 0 || !figures[SK_MEMINFO_RCVBUF]) return 0;
  return static_cast<double>(figures[SK_MEMINFO_RMEM_ALLOC]) / figures[SK_MEMINFO_RCVBUF];
}

// How long the datagram that was read last had waited. The kernel's stamps are by the wall clock: one that is set
// meanwhile makes an age wrong for as long as what waited then is not read.
Duration age_of_last(int fd) {
  timespec stamp{}, now{};
  if (::ioctl(fd, SIOCGSTAMPNS, &stamp) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) return {};
  auto since_epoch = [](const timespec& at) {
    return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
  };
  return std::max(Duration::zero(), Duration(since_epoch(now) - since_epoch(stamp)));
}

}  // namespace

OverloadWatch::OverloadWatch(Reactor& reactor, const guard::OverloadLimits& limits, Counters& counters)
    : reactor_(reactor),
      limits_(limits),
      begun_(counters.get("sip.overload.begun")),
      refused_(counters.get("sip.overload.refused")),
      look_(reactor) {
  places_.push_back({.name = "the signalling thread", .local = {}, .overload = guard::Overload(kLoop)});
  due_ = reactor_.now() + kLook;
  look_.arm_at(due_, [this] { look(); });
}

void OverloadWatch::watch(const SocketAddress& local) {
  const int fd = find_socket(SOCK_DGRAM, local);
  if (fd < 0) return log_.warning("the socket of {} is not found: it is not watched for overload", local.to_string());
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof(kReceiveBuffer));
  // From the first question on the kernel stamps what comes.
  age_of_last(fd);
  places_.push_back(
      {.name = "udp " + local.to_string(), .local = local, .fd = fd, .overload = guard::Overload(limits_)});
}

void OverloadWatch::on_datagram(const SocketAddress& local) {
  auto is_it = [&](const Place& place) {
    return place.local == local ||
           (place.local.is_any() && place.local.family() == local.family() && place.local.port() == local.port());
  };
  auto found = std::find_if(places_.begin() + 1, places_.end(), is_it);
  read_last_ = found == places_.end() ? 0 : static_cast<size_t>(found - places_.begin());
  if (read_last_) measure(*found);
}

void OverloadWatch::measure(Place& place) {
  guard::Backlog backlog{.filled = filled(place.fd)};
  // An age is asked for where it matters.
  if (backlog.filled >= limits_.filled) backlog.age = age_of_last(place.fd);
  take(place, backlog);
}

void OverloadWatch::look() {
  const auto now = reactor_.now();
  // However late it was, it counts as one round: the whole of a long stall would be taken for a backlog that stood.
  const bool is_late = now - due_ >= kLoop.age;
  take(places_.front(), {.filled = is_late ? 1.0 : 0.0, .age = is_late ? kLoop.age : Duration::zero()});
  for (auto& place : places_) {
    // Where nothing comes any more, an overload ends too.
    if (place.fd >= 0 && filled(place.fd) == 0) take(place, {});
  }
  due_ = now + kLook;
  look_.arm_at(due_, [this] { look(); });
}

void OverloadWatch::take(Place& place, const guard::Backlog& backlog) {
  switch (place.overload.on_backlog(backlog, reactor_.now())) {
    case guard::Overload::Change::None:
      break;
    case guard::Overload::Change::Began:
      begun_.add();
      place.since = reactor_.now();
      place.refused = 0;
      log_.warning("{}: more calls come than can be set up; new ones are refused as long as a backlog stands",
                   place.name);
      break;
    case guard::Overload::Change::Ended:
      log_.warning("{}: the overload is over after {} s, {} calls were refused", place.name,
                   std::chrono::duration_cast<std::chrono::seconds>(reactor_.now() - place.since).count(),
                   place.refused);
      break;
  }
}

bool OverloadWatch::refuses_calls() const {
  return places_.front().overload.refuses_calls() || places_[read_last_].overload.refuses_calls();
}

void OverloadWatch::on_refused() {
  refused_.add();
  ++places_[read_last_].refused;
}

bool OverloadWatch::is_on() const {
  return std::ranges::any_of(places_, [](const Place& place) { return place.overload.is_on(); });
}

}  // namespace sg::sip
