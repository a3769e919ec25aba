#include "gateway/records/json.h"

#include <nlohmann/json.hpp>

#include "base/iso_time.h"
#include "base/text.h"

namespace sg::records {
namespace {

// Keys in the order in which they are written here: a record is read by people too.
using Json = nlohmann::ordered_json;

Json json_of(const call::Cause& cause) {
  return {{"q850", cause.q850},
          {"text", call::text_of(cause)},
          {"sip", cause.is_peers_status() ? Json(cause.sip_status) : Json()}};
}

Json json_of(const party::Number& number) {
  return {{"digits", number.digits}, {"ton", name_of(number.type)}};
}

// The call as the plan was asked: with it the call can be replayed.
Json json_of(const call::Setup& setup) {
  return {{"called", json_of(setup.called)},
          {"calling", json_of(setup.calling.number)},
          {"redirecting", setup.redirection ? json_of(setup.redirection->from) : Json()},
          {"data", setup.bearer == BearerCapability::Unrestricted}};
}

Json json_of(const call::PlanRecord& plan) {
  return {{"route", plan.route},
          {"outcome", plan.outcome},
          {"called", plan.called},
          {"calling", plan.calling},
          {"limit", plan.limit.empty() ? Json() : Json(plan.limit)},
          {"emergency", plan.is_emergency},
          {"forwards", plan.forwards}};
}

Json json_of(const call::LegRecord& leg) {
  Json modes = Json::array();
  for (const auto& change : leg.modes) {
    modes.push_back({{"at", iso8601(change.at)},
                     {"mode", name_of(change.mode)},
                     {"reason", name_of(change.reason, change.refused_with)}});
  }
  Json outages = Json::array();
  for (const auto& outage : leg.outages) {
    outages.push_back({{"began", iso8601(outage.began)},
                       {"ended", outage.ended ? Json(iso8601(*outage.ended)) : Json()},
                       {"span", outage.fault.span},
                       {"alarms", tdm::to_string(outage.fault.alarms)},
                       {"d_channel_lost", outage.fault.is_dchannel_lost}});
  }
  return {{"trunk", leg.trunk},
          {"leg", leg.leg},
          {"called", leg.called},
          {"calling", leg.calling},
          {"cause", json_of(leg.cause)},
          {"limit", leg.limit.empty() ? Json() : Json(leg.limit)},
          {"why", leg.why.empty() ? Json() : Json(leg.why)},
          {"t38_max_datagram", leg.t38_max_datagram ? Json(leg.t38_max_datagram) : Json()},
          {"media_modes", std::move(modes)},
          {"line_outages", std::move(outages)}};
}

Json json_of_transfers(const call::Record& record) {
  Json all = Json::array();
  for (const auto& transfer : record.transfers) {
    all.push_back({{"at", iso8601(transfer.at)},
                   {"how", transfer.how},
                   {"with_call", transfer.with.value},
                   {"left", json_of(transfer.left)}});
  }
  return all;
}

Json word_or_null(std::string_view word) {
  return word.empty() ? Json() : Json(word);
}

Json timeline_of(const fax::FaxLog& log) {
  Json steps = Json::array();
  for (const fax::FaxStep& step : log.steps()) {
    Json json = {{"at_ms", step.at.count()},
                 {"side", step.side == media::Side::A ? "a" : "b"},
                 {"kind", name_of(step.kind)},
                 {"what", step.what}};
    if (step.kind == fax::FaxStep::Kind::Frame || step.kind == fax::FaxStep::Kind::Training) {
      json["in"] = step.in_audio ? "g711" : "t38";
    }
    if (step.kind == fax::FaxStep::Kind::Loss || step.kind == fax::FaxStep::Kind::Slip) {
      json["until_ms"] = step.until.count();
      json["count"] = step.count;
      if (step.kind == fax::FaxStep::Kind::Loss) {
        json["recovered"] = step.recovered;
        json["in"] = step.in_audio ? "g711" : "t38";
      }
    }
    if (step.raised) {
      json["from"] = step.raised->from;
      json["to"] = step.raised->to;
      json["loss_percent"] = step.raised->loss * 100;
    }
    steps.push_back(std::move(json));
  }
  return steps;
}

// "t38", "g711", or "g711, t38" where the machines spoke in both.
std::string transport_of(const fax::FaxLog& log) {
  if (log.was_in_audio() && log.was_in_t38()) return "g711, t38";
  if (log.was_in_t38()) return "t38";
  return log.was_in_audio() ? "g711" : "";
}

// What a leg carried the fax in, lastly.
std::string_view word_of_leg(const fax::FaxLeg& leg) {
  return leg.has_t38 ? "t38" : "g711";
}

// Of what a side sent in the fax; null where it did not send packets, or nothing of earlier ones in them.
Json redundancy_of(const media::SideStats& side) {
  const int depth = side.udptl.packets_sent > 0 ? side.udptl.redundancy : side.rtp.redundancy;
  return depth > 0 ? Json(depth) : Json();
}

// `told`: null: what was seen decides.
Json json_of_fax(const call::Record& record, const fax::FaxDiagnosis* told) {
  const auto& counted = record.media.fax;
  const fax::FaxLog& log = record.fax_log;
  const fax::FaxFacts facts = fax::fax_facts_of(record);
  const fax::FaxDiagnosis verdict = told ? *told : diagnose(facts);
  auto time = [](const auto& at) { return at ? Json(at->count()) : Json(); };
  const fax::FaxLog::Sums sums = log.all_sums();
  const fax::FaxSteps::LeftOut& gap = log.left_out();
  return {{"pages", counted.pages},
          {"bit_rate", counted.bit_rate},
          {"ecm", counted.ecm},
          {"ended_by_dcn", counted.ended_by_dcn},
          {"verdict", name_of(verdict.verdict)},
          {"cause", word_or_null(verdict.cause)},
          {"advice", word_or_null(verdict.advice)},
          {"rule", name_of(verdict.rule)},
          {"resolution", word_or_null(log.document().resolution)},
          {"compression", word_or_null(log.document().compression)},
          {"first_bit_rate", log.document().first_bit_rate},
          {"retrains", sums.ftt},
          {"ecm_repeats", sums.ppr},
          {"refused_pages", sums.rtn},
          {"calling_identity", word_or_null(log.calling_identity())},
          {"called_identity", word_or_null(log.called_identity())},
          {"transport", word_or_null(transport_of(log))},
          {"in", word_of_leg(facts.legs[0])},
          {"out", record.called.empty() ? Json() : word_of_leg(facts.legs[1])},
          {"t38_asked_ms", time(facts.our_offer)},
          {"t38_since_ms", time(facts.t38_since)},
          {"t38_refused_with", facts.refused_with ? Json(facts.refused_with) : Json()},
          {"lost", sums.lost},
          {"recovered", sums.recovered},
          {"slips", sums.slips},
          {"redundancy", {{"a", redundancy_of(record.media.side[0])}, {"b", redundancy_of(record.media.side[1])}}},
          {"jitter_ms", facts.jitter_ms},
          {"drift_ppm", facts.drift_ppm},
          {"timeline", timeline_of(log)},
          {"timeline_left_out", gap.steps},
          {"timeline_left_out_from_ms", gap.steps ? Json(gap.from.count()) : Json()},
          {"timeline_left_out_until_ms", gap.steps ? Json(gap.until.count()) : Json()}};
}

Json json_of(const media::SideStats& side) {
  Json json = Json::object();
  const auto& rtp = side.rtp;
  if (rtp.packets_sent + rtp.packets_received > 0) {
    json["rtp"] = {{"packets_sent", rtp.packets_sent},
                   {"packets_received", rtp.packets_received},
                   {"lost", rtp.lost},
                   {"late", rtp.late},
                   {"duplicate", rtp.duplicate},
                   {"malformed", rtp.malformed},
                   {"concealed_samples", rtp.concealed_samples},
                   {"recovered", rtp.recovered},
                   {"drift_ppm", rtp.drift_ppm},
                   {"jitter_ms", rtp.jitter_ms},
                   {"round_trip_ms", rtp.round_trip_ms},
                   {"remote_loss", rtp.remote_loss},
                   {"redundancy", rtp.redundancy}};
  }
  const auto& udptl = side.udptl;
  if (udptl.packets_sent + udptl.packets_received > 0) {
    json["t38"] = {{"packets_sent", udptl.packets_sent},
                   {"packets_received", udptl.packets_received},
                   {"lost", udptl.lost},
                   {"recovered_redundancy", udptl.recovered_redundancy},
                   {"recovered_fec", udptl.recovered_fec},
                   {"late", udptl.late},
                   {"duplicate", udptl.duplicate},
                   {"malformed", udptl.malformed},
                   {"refused", udptl.refused},
                   {"too_long", udptl.too_long},
                   {"oversize", udptl.oversize},
                   {"redundancy", udptl.redundancy}};
  }
  if (side.bearer.read_overruns + side.bearer.write_underruns > 0) {
    json["bearer"] = {{"read_overruns", side.bearer.read_overruns}, {"write_underruns", side.bearer.write_underruns}};
  }
  return json;
}

Json name_of(const std::optional<call::PeerGone>& gone) {
  if (!gone) return {};
  switch (*gone) {
    case call::PeerGone::NotAcknowledged:
      return "not acknowledged";
    case call::PeerGone::SessionExpired:
      return "session expired";
    case call::PeerGone::Unreachable:
      return "unreachable";
    case call::PeerGone::BusyTone:
      return "busy tone";
  }
  return {};
}

Json name_of(const std::optional<call::HungUp>& why) {
  if (!why) return {};
  switch (*why) {
    case call::HungUp::ByOperator:
      return "by operator";
    case call::HungUp::ByShutdown:
      return "by shutdown";
    case call::HungUp::ForEmergency:
      break;
  }
  return "for emergency call";
}

double seconds_between(call::WallTime from, call::WallTime to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count() / 1000.0;
}

std::string line_of(const call::Record& record, const fax::FaxDiagnosis* told) {
  Json called = Json::array();
  for (const auto& leg : record.called) called.push_back(json_of(leg));
  Json json = {{"call", record.call.value},
               {"uid", record.uid},
               {"started", iso8601(record.started)},
               {"answered", record.answered ? Json(iso8601(*record.answered)) : Json()},
               {"ended", iso8601(record.ended)},
               {"talk_s", record.answered ? seconds_between(*record.answered, record.ended) : 0.0},
               {"cause", json_of(record.cause)},
               {"released_by", record.released_by ? name_of(*record.released_by) : ""},
               {"peer_gone", name_of(record.peer_gone)},
               {"hung_up", name_of(record.hung_up)},
               {"received", json_of(record.setup)},
               {"plan", json_of(record.plan)},
               {"caller", json_of(record.caller)},
               {"called", std::move(called)},
               {"transfers", json_of_transfers(record)},
               {"handed_to_switch", record.handed_to_switch ? Json(iso8601(*record.handed_to_switch)) : Json()},
               {"fax", record.fax ? json_of_fax(record, told) : Json()},
               {"media", {{"a", json_of(record.media.side[0])}, {"b", json_of(record.media.side[1])}}}};
  // Names and numbers are a peer's: what is no UTF-8 is replaced, never thrown over, and nothing moves a cursor where
  // the file is read on a terminal.
  return escaped_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string to_json(const call::Record& record) {
  return line_of(record, nullptr);
}

std::string to_json(const call::Record& record, const fax::FaxDiagnosis& fax) {
  return line_of(record, &fax);
}

std::string ended_with_gateway(const std::string& line, call::WallTime last_alive) {
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return line;
  const auto text_of = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  const auto started = time_of(text_of("started")), answered = time_of(text_of("answered"));
  auto ended = last_alive;
  for (const auto& time : {started, answered}) {
    if (time) ended = std::max(ended, *time);
  }
  json["ended"] = iso8601(ended);
  json["talk_s"] = answered ? seconds_between(*answered, ended) : 0.0;
  json["cause"] = json_of(call::kTemporaryFailure);
  json["released_by"] = "gateway ended";
  return escaped_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace sg::records
