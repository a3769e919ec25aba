#include "gateway/fax/fax_facts.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sg::fax {
namespace {

using Milliseconds = FaxFacts::Milliseconds;
using Mode = call::MediaModeState;
using Reason = call::ModeReason;

constexpr Milliseconds kBegun(1000);

Milliseconds since(call::WallTime began, call::WallTime at) {
  return std::chrono::duration_cast<Milliseconds>(at - began);
}

// One leg's part.
void add_modes(FaxFacts& facts, const call::LegRecord& leg, call::WallTime started) {
  for (const auto& change : leg.modes) {
    const Milliseconds at = since(started, change.at);
    if (change.mode == Mode::OfferingT38 && !facts.our_offer) facts.our_offer = at;
    if (change.mode == Mode::T38) facts.t38_since = at;
    if (change.reason == Reason::NoAnswer) facts.offer_unanswered = true;
  }
  if (leg.t38_refused_with) facts.refused_with = leg.t38_refused_with;
}

LateChange::Why why_late(const FaxLog& log, const LateChange& change, bool by_peer, bool was_glare) {
  using Why = LateChange::Why;
  if (by_peer) return Why::PeerAsked;
  if (was_glare) return Why::Glare;
  return change.offered && *change.offered <= *log.first_frame_at() + kBegun ? Why::Answered : Why::WeAsked;
}

// The machines trained anew afterwards, or a page was confirmed.
bool went_on(const FaxLog& log, Milliseconds after) {
  const FaxLog::Latest& latest = log.latest();
  return latest.confirmed > after || (latest.dcs > after && latest.training_answer > after);
}

// The machines were at it, and what was torn did not mend: they neither trained anew afterwards nor confirmed a page.
bool is_late(const FaxLog& log, Milliseconds at) {
  // T.30 clause 5.2: DIS is repeated; a change as it comes, or in the pause after it, tears nothing.
  if (!log.first_frame_at() || *log.first_frame_at() + kBegun >= at) return false;
  const FaxLog::Latest& latest = log.latest();
  if (went_on(log, at)) return false;
  return latest.dcs || latest.dis <= at;
}

// The first change of a leg to T.38 that came too late.
void add_late_change(FaxFacts& facts, const call::LegRecord& leg, call::WallTime started) {
  LateChange now;
  now.trunk = leg.trunk;
  bool was_glare = false;
  for (const auto& change : leg.modes) {
    now.at = since(started, change.at);
    was_glare = was_glare || change.mode == Mode::Glare;
    if (change.mode == Mode::OfferingT38) now.offered = now.at;
    if (change.mode != Mode::T38 || !is_late(facts.log, now.at)) continue;
    if (facts.late_change && facts.late_change->at <= now.at) return;
    now.why = why_late(facts.log, now, change.reason == Reason::PeersOffer, was_glare);
    facts.late_change = now;
    return;
  }
}

void add_figures(FaxFacts& facts, const media::SideStats& side) {
  facts.jitter_ms = std::max(facts.jitter_ms, side.rtp.jitter_ms);
  if (std::abs(side.rtp.drift_ppm) > std::abs(facts.drift_ppm)) facts.drift_ppm = side.rtp.drift_ppm;
  if (side.udptl.packets_sent > 0 && side.udptl.packets_received == 0) facts.t38_heard_nothing = true;
}

FaxLeg leg_of(std::string_view whose, const call::LegRecord* record, const media::SideStats& side) {
  FaxLeg leg;
  leg.name = fmt::format("the {}'s leg", whose);
  leg.is_heard = side.rtp.packets_received + side.udptl.packets_received > 0;
  leg.is_ip = leg.is_heard || side.rtp.packets_sent + side.udptl.packets_sent > 0;
  leg.has_audio = side.rtp.packets_received > 0;
  leg.jitter_ms = side.rtp.jitter_ms;
  leg.drift_ppm = side.rtp.drift_ppm;
  leg.refused_ifps = side.udptl.refused;
  leg.oversize = side.udptl.oversize;
  if (!record) return leg;
  leg.trunk = record->trunk;
  if (!record->trunk.empty()) leg.name += fmt::format(" (trunk {})", record->trunk);
  leg.refused_with = record->t38_refused_with;
  leg.was_refused = record->refused_peer_t38;
  leg.t38_max_datagram = record->t38_max_datagram;
  for (const auto& change : record->modes) {
    if (change.reason == Reason::NoAnswer) leg.offer_unanswered = true;
    if (change.mode == Mode::OfferingT38) leg.was_asked = true;
    if (change.reason == Reason::NotOursToAsk) leg.is_left_to_ask = true;
  }
  leg.has_t38 = !record->modes.empty() && record->modes.back().mode == Mode::T38;
  // What audio there was came before the fax went over.
  if (leg.has_t38) leg.has_audio = false;
  return leg;
}

// A packet or two are always lost somewhere; more than so many of a hundred do harm. In T.38 it is counted after
// repair. T.30 asks for a quiet line: G.711 carries a page as long as less than this is lost.
constexpr uint64_t kFew = 3;
constexpr double kMuchInG711 = 0.1, kMuchInT38 = 0.5;

void add_loss(FaxFacts& facts, FaxLoss loss, uint64_t received, double much) {
  if (loss.lost < kFew) return;
  loss.share = 100 * static_cast<double>(loss.lost) / static_cast<double>(loss.lost + received);
  if (loss.share < much) return;
  auto harm = [](const FaxLoss& of) { return of.share / (of.in_t38 ? kMuchInT38 : kMuchInG711); };
  if (!facts.loss || harm(loss) > harm(*facts.loss)) facts.loss = loss;
}

void add_losses(FaxFacts& facts, size_t leg, const media::SideStats& side) {
  const FaxLog::Loss& loss = facts.log.loss(static_cast<media::Side>(leg));
  // Of several faxes in a call the latest.
  const media::PacketsReceived& earlier = facts.log.received_before(static_cast<media::Side>(leg));
  auto after = [](uint64_t all, uint64_t before) { return all - std::min(all, before); };
  auto of = [leg](const FaxLog::Loss::Packets& packets, bool in_t38) {
    return FaxLoss{.leg = leg, .in_t38 = in_t38, .lost = packets.lost, .recovered = packets.recovered};
  };
  add_loss(facts, of(loss.in_t38, true), after(side.udptl.packets_received, earlier.udptl), kMuchInT38);
  if (!facts.legs[leg].has_audio) return;
  add_loss(facts, of(loss.in_g711, false), after(side.rtp.packets_received, std::max(side.rtp_before_fax, earlier.rtp)),
           kMuchInG711);
}

// An outage of a leg that ended the fax. One that is over tore it, unless the machines got on. While only the D-channel
// is lost the fax goes on, until the call is taken for lost with it.
void add_outages(FaxFacts& facts, size_t leg, const call::LegRecord& record, call::WallTime started) {
  for (const call::LineOutage& outage : record.outages) {
    LineDown line{.leg = leg, .began = since(started, outage.began), .ended = {}, .fault = outage.fault};
    if (outage.ended) line.ended = since(started, *outage.ended);
    const bool is_silent = outage.fault.alarms != tdm::kNoAlarm;
    if (!is_silent && (line.ended || facts.released_by != call::ReleasedBy::Line)) continue;
    if (line.ended && (!facts.log.first_frame_at() || went_on(facts.log, *line.ended))) continue;
    if (line.ended && *line.ended < *facts.log.first_frame_at()) continue;
    if (!facts.line || line.began < facts.line->began) facts.line = line;
  }
}

}  // namespace

FaxFacts fax_facts_of(const call::Record& record) {
  FaxFacts facts;
  facts.log = record.fax_log;
  facts.verdict = record.fax_log.outcome().verdict();
  facts.released_by = record.released_by;
  facts.cause = record.cause;
  if (record.fell_silent) facts.fell_silent = static_cast<size_t>(*record.fell_silent);
  facts.peer_gone = record.peer_gone;
  facts.hung_up = record.hung_up;
  if (record.answered) facts.answered = since(record.started, *record.answered);
  if (auto first = facts.log.first_frame_at()) facts.lasted = since(record.started, record.ended) - *first;
  auto add_leg = [&](const call::LegRecord& leg) {
    add_modes(facts, leg, record.started);
    add_late_change(facts, leg, record.started);
  };
  add_leg(record.caller);
  for (const call::LegRecord& leg : record.called) add_leg(leg);
  add_outages(facts, 0, record.caller, record.started);
  if (!record.called.empty()) add_outages(facts, 1, record.called.back(), record.started);
  for (const media::SideStats& side : record.media.side) add_figures(facts, side);
  facts.legs = {leg_of("caller", &record.caller, record.media.side[0]),
                leg_of("called", record.called.empty() ? nullptr : &record.called.back(), record.media.side[1])};
  for (size_t leg = 0; leg < facts.legs.size(); ++leg) add_losses(facts, leg, record.media.side[leg]);
  const bool has_spoken[] = {facts.log.has_spoken(media::Side::A), facts.log.has_spoken(media::Side::B)};
  if (has_spoken[0] != has_spoken[1]) facts.silent_leg = has_spoken[0] ? 1 : 0;
  return facts;
}

}  // namespace sg::fax
