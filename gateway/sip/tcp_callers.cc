#include "gateway/sip/tcp_callers.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace sg::sip {
namespace {

// As long as three SYNs take that nobody answers.
constexpr Duration kPatience = 4s;
constexpr uint16_t kDefaultPort = 5060;

}  // namespace

TcpCallers::Caller::Caller(TcpCallers& all, const SocketAddress& source, const SocketAddress& answers_to,
                           OnUnreachable on_unreachable)
    : all_(all),
      source_(source.to_string()),
      answers_to_(answers_to),
      on_unreachable_(std::move(on_unreachable)),
      patience_(all.reactor_) {
  all_.callers_.emplace(source_, this);
}

TcpCallers::Caller::~Caller() {
  stop_trying();
  std::erase_if(all_.callers_, [this](const auto& entry) { return entry.second == this; });
}

void TcpCallers::Caller::try_to_reach() {
  if (is_tried_) return;
  is_tried_ = true;
  fd_.reset(::socket(answers_to_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return;
  const int error = ::connect(fd_.get(), answers_to_.raw(), answers_to_.raw_size()) == 0 ? 0 : errno;
  if (error != EINPROGRESS) {
    // From the loop.
    patience_.arm(0s, [this, error] { on_tried(error); });
    return;
  }
  auto watched = all_.reactor_.watch(fd_.get(), EPOLLOUT, [this](uint32_t) {
    int outcome = 0;
    socklen_t size = sizeof(outcome);
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &outcome, &size);
    on_tried(outcome);
  });
  if (!watched) return stop_trying();
  patience_.arm(kPatience, [this] { on_tried(ETIMEDOUT); });
}

void TcpCallers::Caller::stop_trying() {
  patience_.cancel();
  if (fd_) all_.reactor_.unwatch(fd_.get());
  fd_.reset();
}

void TcpCallers::Caller::on_tried(int error) {
  stop_trying();
  const bool is_unreachable = error == ECONNREFUSED || error == ETIMEDOUT || error == EHOSTUNREACH ||
                              error == ENETUNREACH || error == ECONNRESET;
  // Not what this machine lacks: that says nothing of the caller.
  if (!is_unreachable) return;
  auto tell = on_unreachable_;
  tell();
}

std::unique_ptr<TcpCallers::Caller> TcpCallers::add(const SocketAddress& source, uint16_t port,
                                                    OnUnreachable on_unreachable) {
  auto answers_to = source;
  answers_to.set_port(port ? port : kDefaultPort);
  return std::make_unique<Caller>(*this, source, answers_to, std::move(on_unreachable));
}

void TcpCallers::on_connection_gone(const SocketAddress& peer) {
  auto [begin, end] = callers_.equal_range(peer.to_string());
  for (auto caller = begin; caller != end; ++caller) caller->second->try_to_reach();
}

}  // namespace sg::sip
