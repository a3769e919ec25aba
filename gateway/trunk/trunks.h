#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/owner_thread.h"
#include "gateway/trunk/sip_trunk.h"
#include "gateway/trunk/tdm_trunk.h"

namespace sg::trunk {

// All trunks of the gateway, found by name, and SIP peers by the address that they speak from. Owned by the
// Application; signalling thread only.
class Trunks {
 public:
  template <class Kind>
  using List = std::vector<std::unique_ptr<Kind>>;

  void add(std::unique_ptr<TdmTrunk> trunk);
  // `agent` outlives the trunks.
  void add(SipTrunk::Options options, sip::SipAgent& agent);

  const List<SipTrunk>& sip() const { return sip_; }
  const List<TdmTrunk>& tdm() const { return tdm_; }
  // Null: there is none.
  call::Trunk* find(const std::string& name) const;
  TdmTrunk* find_tdm(const std::string& name) const;
  // Whose a request from there would be. Several trunks may list one address: the one whose peer sends from this very
  // port, then the one that names it most closely, then the first by name.
  SipTrunk* find_by_source(const SocketAddress& source) const;
  // Whether the SIP trunk lists the address.
  bool is_listed(const std::string& name, const SocketAddress& source) const;

  bool is_any_up() const;

  // After a reload. SIP trunks that stay are changed in place; the others come and go. One that goes is kept until no
  // call can name it, and comes back as it was left if it returns until then. `agent`: null where nothing listens.
  // Names those that are new and cannot come.
  std::vector<std::string> change_sip(std::vector<SipTrunk::Options> wanted, sip::SipAgent* agent);

  void on_alarms_changed(uint16_t span, tdm::AlarmSet alarms);

 private:
  bool has_calls() const;
  void keep(std::unique_ptr<SipTrunk> trunk);

  OwnerThread owner_;
  List<SipTrunk> sip_;
  List<TdmTrunk> tdm_;
  List<SipTrunk> retired_;  // that calls may still have among their targets
  std::unordered_map<std::string, call::Trunk*> by_name_;
};

}  // namespace sg::trunk
