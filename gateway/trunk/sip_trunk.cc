#include "gateway/trunk/sip_trunk.h"

#include "base/log.h"

namespace sg::trunk {

SipTrunk::SipTrunk(Options options, sip::SipAgent& agent) : agent_(agent) {
  change(std::move(options));
}

void SipTrunk::change(Options options) {
  bool is_asked_as_before = probe_ && options.probe == options_.probe && options.peer == options_.peer &&
                            options.target.transport == options_.target.transport;
  options_ = std::move(options);
  called_obstacle_.reset();  // it may have been mended
  if (!is_asked_as_before) start_probe();
}

void SipTrunk::start_probe() {
  probe_.reset();
  if (options_.probe == Duration::zero()) return;
  sip::ProbeOptions probing;
  probing.interval = options_.probe;
  auto probe = agent_.probe(options_.target, probing, [this](bool is_up) {
    Log log(fmt::format("trunk={}", name()));
    is_up ? log.info("the peer answers again: up") : log.error("the peer is {}", words());
  });
  if (!probe) {
    Log(fmt::format("trunk={}", name())).error("cannot be probed: {}", probe.error().message);
    return;
  }
  probe_ = std::move(*probe);
}

// A probe knows of what comes and goes. But of passwords a call knows more: OPTIONS may want one where INVITE does not,
// and the other way round.
call::Obstacle SipTrunk::obstacle() const {
  const auto called = called_obstacle_.value_or(call::Obstacle::None);
  if (!probe_ || called == call::Obstacle::PasswordWanted) return called;
  const bool is_disproved = probe_->obstacle() == call::Obstacle::PasswordWanted && called_obstacle_;
  return is_disproved ? call::Obstacle::None : probe_->obstacle();
}

std::string SipTrunk::words() const {
  const auto* health = probe_ ? &probe_->health() : nullptr;
  std::string words = !health ? "not probed" : health->is_up() ? "up" : "down";
  if (health && health->misses() > 0) {
    return fmt::format("{}: {}, {} in a row", words, probe_->last_answer(), health->misses());
  }
  if (health && !health->is_up()) return "down, answers again";
  if (obstacle() != call::Obstacle::None) words += fmt::format(": {}", name_of(obstacle()));
  return words;
}

tl::expected<call::OutgoingLeg, call::Cause> SipTrunk::make_leg() {
  // Known to be dead: the next target is not kept waiting for it.
  if (!is_up()) return tl::unexpected(call::kDestinationOutOfOrder);
  auto local = agent_.local_towards(options_.target);
  auto leg = agent_.make_leg(options_.target);
  if (!local || !leg) {
    Log(fmt::format("trunk={}", name())).error("cannot call: {}", !local ? local.error().message : leg.error().message);
    return tl::unexpected(call::kDestinationOutOfOrder);
  }
  auto policy = policy_at(*local);
  policy.t38 = options_.t38_to;
  return call::OutgoingLeg{std::move(*leg), std::move(policy)};
}

call::MediaPolicy SipTrunk::policy_at(const SocketAddress& local) const {
  auto policy = options_.media_policy;
  if (policy.local_host.empty()) policy.local_host = local.host();
  return policy;
}

}  // namespace sg::trunk
