#pragma once

#include <sofia-sip/nua.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/counters.h"
#include "gateway/sip/dialogs.h"
#include "gateway/sip/identity_policy.h"
#include "gateway/sip/su_root.h"

namespace sg::sip {

// How a leg reaches the world: one Sofia user agent and what it is known as.
struct Path {
  SuRoot& root;
  nua_t* nua;
  Dialogs& dialogs;
  Counters& counters;
  std::string peer;             // for names: "127.0.0.1:5062"
  std::string authority = {};   // outgoing: host and port of the Request-URI
  std::string parameters = {};  // outgoing: ";transport=tcp"
  std::string domain = {};      // of our identities
  IdentityPolicy identity = {};
  bool follow_redirects = false;
  std::function<bool(const std::string& host, uint16_t port)> is_ours = {};
  std::string trunk = {};  // whose addresses may speak in the dialog; empty: none
  std::string host = {};   // incoming: where the INVITE came from; outgoing: where it goes, unless that is a name
  std::chrono::seconds session_expires;
  std::chrono::milliseconds reinvite_patience{31000};
};

}  // namespace sg::sip
