#pragma once

#include <array>
#include <memory>

#include "media/session_side.h"

namespace sg::media {

// The sides of a session: A and B, and C once it is wanted. Owned by the Session. Media-worker thread only.
class Sides {
 public:
  Sides(SessionId session, SessionContext& context) : session_(session), context_(context) {
    (*this)[Side::A];
    (*this)[Side::B];
  }

  // Made when it is first asked for, which a command does.
  SessionSide& operator[](Side side) {
    auto& found = sides_[static_cast<size_t>(side)];
    if (!found) found = std::make_unique<SessionSide>(session_, side, context_);
    return *found;
  }
  // Null where there is none.
  const SessionSide* find(Side side) const { return sides_[static_cast<size_t>(side)].get(); }
  SessionSide& opposite(const SessionSide& side) { return (*this)[other_side(side.which())]; }
  template <class Do>
  void for_each(Do what) {
    for (auto& side : sides_) {
      if (side) what(*side);
    }
  }

 private:
  const SessionId session_;
  SessionContext& context_;
  std::array<std::unique_ptr<SessionSide>, std::size(kSides)> sides_;
};

}  // namespace sg::media
