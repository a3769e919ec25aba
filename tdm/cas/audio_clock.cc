#include "tdm/cas/audio_clock.h"

#include <sys/epoll.h>

#include <algorithm>

namespace sg::tdm::cas {

AudioClock::~AudioClock() {
  for (const auto& [fd, watched] : watched_) reactor_.unwatch(fd);
}

Result<> AudioClock::add(TickSource& source, AudioUser& user) {
  int fd = source.fd();
  auto [at, is_new] = watched_.try_emplace(fd, Watched{&source, {}});
  at->second.users.push_back(&user);
  if (!is_new) return {};
  auto watching = reactor_.watch(fd, EPOLLIN, [this, fd](uint32_t) { on_tick(fd); });
  if (!watching) watched_.erase(at);
  return watching;
}

void AudioClock::remove(TickSource& source, AudioUser& user) {
  auto at = watched_.find(source.fd());
  if (at == watched_.end()) return;
  std::erase(at->second.users, &user);
  if (!at->second.users.empty()) return;
  reactor_.unwatch(at->first);
  watched_.erase(at);
}

void AudioClock::on_tick(int fd) {
  auto at = watched_.find(fd);
  if (at == watched_.end()) return;
  at->second.source->acknowledge();
  // A user may close its bearer, or another's, from inside run().
  auto users = at->second.users;
  for (AudioUser* user : users) {
    at = watched_.find(fd);
    if (at == watched_.end()) return;
    if (std::ranges::find(at->second.users, user) != at->second.users.end()) user->run();
  }
}

}  // namespace sg::tdm::cas
