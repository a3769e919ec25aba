#include "gateway/trunk/trunks.h"

#include <algorithm>

namespace sg::trunk {
namespace {

template <class List>
auto named(List& list, const std::string& name) {
  return std::ranges::find(list, name, [](const auto& trunk) { return trunk->name(); });
}

template <class List>
bool any_has_calls(const List& list) {
  return std::ranges::any_of(list, [](const auto& trunk) { return trunk->calls().size() > 0; });
}

}  // namespace

void Trunks::add(std::unique_ptr<TdmTrunk> trunk) {
  by_name_[trunk->name()] = trunk.get();
  tdm_.push_back(std::move(trunk));
}

void Trunks::add(SipTrunk::Options options, sip::SipAgent& agent) {
  keep(std::make_unique<SipTrunk>(std::move(options), agent));
}

void Trunks::keep(std::unique_ptr<SipTrunk> trunk) {
  owner_.check();
  by_name_[trunk->name()] = trunk.get();
  sip_.push_back(std::move(trunk));
}

call::Trunk* Trunks::find(const std::string& name) const {
  owner_.check();
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

TdmTrunk* Trunks::find_tdm(const std::string& name) const {
  auto found = named(tdm_, name);
  return found == tdm_.end() ? nullptr : found->get();
}

SipTrunk* Trunks::find_by_source(const SocketAddress& source) const {
  owner_.check();
  SipTrunk* best = nullptr;
  int longest = -1;
  for (const auto& trunk : sip_) {
    if (trunk->is_peer(source)) return trunk.get();
    int prefix = trunk->prefix_for(source);
    if (prefix <= longest) continue;
    longest = prefix;
    best = trunk.get();
  }
  return best;
}

bool Trunks::is_listed(const std::string& name, const SocketAddress& source) const {
  auto found = named(sip_, name);
  return found != sip_.end() && ((*found)->is_peer(source) || (*found)->prefix_for(source) >= 0);
}

std::vector<std::string> Trunks::change_sip(std::vector<SipTrunk::Options> wanted, sip::SipAgent* agent) {
  owner_.check();
  std::vector<std::string> cannot_come;
  if (!has_calls()) retired_.clear();
  for (auto& trunk : sip_) {
    if (std::ranges::count(wanted, trunk->name(), [](const auto& each) { return each.target.trunk; }) > 0) continue;
    by_name_.erase(trunk->name());
    retired_.push_back(std::move(trunk));
  }
  std::erase(sip_, nullptr);
  for (SipTrunk::Options& options : wanted) {
    const std::string name = options.target.trunk;
    if (auto retired = named(retired_, name); retired != retired_.end()) {
      keep(std::move(*retired));
      retired_.erase(retired);
    }
    if (auto known = named(sip_, name); known != sip_.end()) {
      (*known)->change(std::move(options));
    } else if (!agent) {
      cannot_come.push_back(name);
    } else if (!find(name)) {
      add(std::move(options), *agent);
    }
  }
  return cannot_come;
}

bool Trunks::is_any_up() const {
  return std::ranges::any_of(by_name_, [](const auto& entry) { return entry.second->state().is_up; });
}

// A call has its caller's leg at least.
bool Trunks::has_calls() const {
  return any_has_calls(sip_) || any_has_calls(tdm_) || any_has_calls(retired_);
}

void Trunks::on_alarms_changed(uint16_t span, tdm::AlarmSet alarms) {
  owner_.check();
  for (auto& trunk : tdm_) trunk->on_alarms_changed(span, alarms);
}

}  // namespace sg::trunk
