#pragma once

#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>

#include <memory>

#include "base/result.h"
#include "base/socket_address.h"
#include "gateway/sip/sip_agent.h"
#include "gateway/sip/su_root.h"

namespace sg::sip {

// One user agent of Sofia's, on one listening address. Owned by the SipAgent; signalling thread only. The destructor
// runs the root for the short time that Sofia needs to say goodbye.
class UserAgent {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // What is of no dialog, and of no question of ours, yet.
    virtual void on_event(UserAgent& agent, nua_event_t event, int status, nua_handle_t* handle, const sip_t* sip) = 0;
  };

  // `messages`: for NTATAG_MCLASS. Error: the address is busy or not ours, "cannot listen on udp 127.0.0.1:5060: …".
  static Result<std::unique_ptr<UserAgent>> start(SuRoot& root, const AgentConfig& config, const Listen& listen,
                                                  const msg_mclass_t* messages, Listener& listener);
  ~UserAgent();

  nua_t* nua() const { return nua_; }
  // With the port that is really in use.
  const Listen& listen() const { return listen_; }
  // Where the request came from that Sofia is just reporting.
  SocketAddress source_of_current() const;

 private:
  UserAgent(SuRoot& root, const Listen& listen, Listener& listener)
      : root_(root), listener_(listener), listen_(listen) {}
  static void on_event(nua_event_t event, int status, const char* phrase, nua_t* nua, nua_magic_t* agent,
                       nua_handle_t* handle, nua_hmagic_t* owner, const sip_t* sip, tagi_t tags[]) noexcept;
  void read_bound_address(tagi_t tags[]);
  void run_until(const bool& done);

  SuRoot& root_;
  Listener& listener_;
  Listen listen_;
  nua_t* nua_ = nullptr;
  bool is_known_ = false;  // the bound address has been read
  bool is_down_ = false;
};

}  // namespace sg::sip
