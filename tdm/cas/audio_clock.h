#pragma once

#include <map>
#include <vector>

#include "base/reactor.h"
#include "tdm/bearer.h"

namespace sg::tdm::cas {

// Whoever wants to be run when its bearer may have blocks.
class AudioUser {
 public:
  virtual ~AudioUser() = default;
  virtual void run() = 0;
};

// Watches the tick sources of the bearers that the ports have open: several may stand behind one. Owned by the group.
class AudioClock {
 public:
  explicit AudioClock(Reactor& reactor) : reactor_(reactor) {}
  ~AudioClock();

  Result<> add(TickSource& source, AudioUser& user);
  void remove(TickSource& source, AudioUser& user);

 private:
  struct Watched {
    TickSource* source;
    std::vector<AudioUser*> users;
  };
  void on_tick(int fd);

  Reactor& reactor_;
  std::map<int, Watched> watched_;
};

}  // namespace sg::tdm::cas
