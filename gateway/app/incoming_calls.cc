#include "gateway/app/incoming_calls.h"

namespace sg::app {

IncomingCalls::IncomingCalls(const conf::Settings& settings, Counters& counters)
    : settings_(settings), unknown_source_(counters.get("sip.unknown_source")) {}

trunk::SipTrunk* IncomingCalls::find(const SocketAddress& source) const {
  return parts_ ? parts_->trunks.find_by_source(source) : nullptr;
}

void IncomingCalls::take(trunk::TdmTrunk& from, std::unique_ptr<call::Leg> leg, const call::Setup& setup) {
  if (!parts_) return;
  parts_->calls.on_incoming({std::move(leg), setup, std::nullopt, &from, from.media_policy()});
}

void IncomingCalls::on_invite(std::unique_ptr<call::Leg> leg, const call::Setup& setup, const sip::InviteInfo& info) {
  trunk::SipTrunk* from = find(info.source);
  if (!from) {
    log_.warning("INVITE from {} called={}: no trunk allows this address", info.source.to_string(),
                 setup.called.digits);
    unknown_source_.add();
    leg->release(call::cause_of_sip(403));
    return;
  }
  parts_->calls.on_incoming({.leg = std::move(leg),
                             .setup = setup,
                             .offer = info.offer,
                             .from = from,
                             .policy = from->policy_at(info.local),
                             .streams = info.streams});
}

bool IncomingCalls::admits(const SocketAddress& source) {
  return parts_ && (settings_.sip.unknown_source == conf::UnknownSource::Refuse || find(source) != nullptr);
}

std::string IncomingCalls::trunk_of(const SocketAddress& source) {
  const auto* from = find(source);
  return from ? from->name() : std::string{};
}

sip::IdentityPolicy IncomingCalls::identity_towards(const SocketAddress& source) {
  const auto* from = find(source);
  return from ? from->identity() : sip::IdentityPolicy{};
}

bool IncomingCalls::is_listed(const std::string& trunk, const SocketAddress& source) {
  return parts_ && parts_->trunks.is_listed(trunk, source);
}

int IncomingCalls::options_status(const SocketAddress&) {
  if (!parts_ || is_turning_away_) return 503;
  if (!settings_.sip.options_follow_trunks) return 200;
  return parts_->trunks.is_any_up() ? 200 : 503;
}

bool IncomingCalls::is_emergency(const call::Setup& setup, const SocketAddress& source) {
  const auto* from = find(source);
  return from && parts_->routing.is_emergency(from->name(), setup);
}

}  // namespace sg::app
