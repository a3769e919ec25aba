#pragma once

#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>

#include <string>

#include "gateway/sip/dialogs.h"

namespace sg::sip {

// A leg's entry among the dialogs, for as long as this lives: by it the agent knows whose a message is.
// Owned by its SipLeg; signalling thread only.
class DialogEntry {
 public:
  explicit DialogEntry(Dialogs& dialogs) : dialogs_(dialogs) {}
  ~DialogEntry();
  DialogEntry(const DialogEntry&) = delete;
  DialogEntry& operator=(const DialogEntry&) = delete;

  // `host`: where the INVITE came from, or goes to; empty: to a name.
  void begin(const std::string& call_id, Dialogs::Leg leg, const std::string& host);
  bool has_begun() const { return leg_ != nullptr; }
  const std::string& call_id() const { return call_id_; }

  void set_answered();
  // Later requests may come from where the message says.
  void note_hosts(const sip_t& message);
  // The response that Sofia is just reporting has the branch of our request, which nobody else was told.
  void note_who_answers(nua_t* nua);

 private:
  Dialogs& dialogs_;
  std::string call_id_;
  Dialogs::Leg* leg_ = nullptr;
};

}  // namespace sg::sip
