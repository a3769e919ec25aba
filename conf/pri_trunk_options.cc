// [trunk.NAME] of kind "pri".
#include <algorithm>

#include "conf/kinds.h"
#include "conf/options.h"
#include "conf/trunk_options.h"

namespace sg::conf {
namespace {

// { international = "unknown", plan = "unknown" }
Option<PriTrunk> ton_out_option() {
  auto ton = choice<TypeOfNumber>();
  auto plan = choice<NumberingPlan>();
  std::string range = "{ unknown, international, national, subscriber = a type; plan = a numbering plan }";
  struct Word {
    std::string_view key;
    std::optional<TypeOfNumber> TonOut::*member;
  };
  static constexpr Word kWords[] = {{"unknown", &TonOut::unknown},
                                    {"international", &TonOut::international},
                                    {"national", &TonOut::national},
                                    {"subscriber", &TonOut::subscriber}};
  return {.name = "ton_out",
          .range = range,
          .help =
              "Types of number to send instead of those that numbers have, and the numbering plan of all: "
              "{ international = \"unknown\", plan = \"unknown\" }.",
          .read = [=](PriTrunk& trunk, const toml::node& node) -> Result<> {
            if (!node.is_table()) return fail("must be {}, not {}", range, type_of(node));
            for (const auto& [key, value] : *node.as_table()) {
              auto word = std::find_if(std::begin(kWords), std::end(kWords),
                                       [&, name = key.str()](const Word& w) { return w.key == name; });
              if (word != std::end(kWords)) {
                auto type = ton.read(value);
                if (!type) return fail_with(type.error(), "{}", key.str());
                trunk.ton_out.*(word->member) = *type;
              } else if (key.str() == "plan") {
                auto number_plan = plan.read(value);
                if (!number_plan) return fail_with(number_plan.error(), "plan");
                trunk.ton_out.plan = *number_plan;
              } else {
                return fail("\"{}\" is none of unknown, international, national, subscriber, plan", key.str());
              }
            }
            return {};
          },
          .write =
              [=](const PriTrunk& trunk) {
                std::string out;
                auto put = [&](std::string_view key, const std::string& value) {
                  out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", key, value);
                };
                for (const Word& word : kWords) {
                  if (auto type = trunk.ton_out.*(word.member)) put(word.key, ton.write(*type));
                }
                if (trunk.ton_out.plan) put("plan", plan.write(*trunk.ton_out.plan));
                return out.empty() ? std::string("{}") : "{ " + out + " }";
              }};
}

}  // namespace

const std::vector<Option<PriTrunk>>& pri_trunk_options() {
  static const auto options = joined(
      make_trunk_options<PriTrunk>("pri"),
      {
          option<PriTrunk>("spans", &PriTrunk::spans, list(span_number(), false), "The spans of this trunk.")
              .needed("[1]"),
          option<PriTrunk>("role", &PriTrunk::role, choice<IsdnRole>(),
                           "user: the far end is the exchange; network: we are the exchange to a PBX."),
          option<PriTrunk>("switch", &PriTrunk::switch_type,
                           choice({SwitchType::EuroIsdnE1, SwitchType::EuroIsdnT1, SwitchType::Ni2, SwitchType::Dms100,
                                   SwitchType::Lucent5e, SwitchType::Att4ess, SwitchType::Qsig}),
                           "The ISDN variant that is spoken."),
          option<PriTrunk>("dchannel", &PriTrunk::dchannel, integer(0, 31),
                           "Timeslot of the D-channel in each span. 0: 16 on an E1, 24 on a T1, 3 on a BRI."),
          option<PriTrunk>(
              "nfas", &PriTrunk::nfas, boolean(),
              "Non-facility associated signalling: all spans are one interface, signalled on the D-channel "
              "of one of them. The first of spans is interface 0 to the exchange, the next 1, and so on."),
          option<PriTrunk>(
              "dchannels", &PriTrunk::dchannels, list(span_number()),
              "With nfas: the spans that have a D-channel, the primary and its backup. On the others every "
              "timeslot carries calls. Empty: the first of spans, and no backup."),
          option<PriTrunk>(
              "hunt", &PriTrunk::hunt, choice({HuntOrder::Ascending, HuntOrder::Descending}),
              "Which way free timeslots are looked for. Choose the far end's opposite, so that calls seldom collide."),
          option<PriTrunk>("bearer", &PriTrunk::bearer, choice<BearerCapability>(),
                           "Bearer capability of calls that come from SIP. Fax wants audio31k.")
              .live(),
          option<PriTrunk>("transfer", &PriTrunk::transfer, boolean(),
                           "The far end may have two calls of its own joined (explicit call transfer, EN 300 369)."),
          option<PriTrunk>(
              "join_in_switch", &PriTrunk::join_in_switch, boolean(),
              "Where both sides of a call are on one interface of this trunk, its switch is asked to join "
              "them itself, which frees both timeslots: EuroISDN explicit call transfer, NI-2, 5ESS and 4ESS "
              "two-B-channel transfer, DMS-100 release link trunk, Q.SIG path replacement. For exchanges "
              "that have the service subscribed."),
          ton_out_option().live(),
          option<PriTrunk>(
              "ringback", &PriTrunk::ringback,
              choice<Ringback>({{"gateway", Ringback::Gateway}, {"far-end", Ringback::FarEnd}}),
              "Who plays ringback to a caller from here while a called SIP phone rings and sends no media: "
              "the gateway, in band, with progress indicator 8; or the far end by itself."),
          option<PriTrunk>("t301", &PriTrunk::t301, duration(1s, 1h), "Q.931 T301: how long a called party may ring."),
          option<PriTrunk>("t302", &PriTrunk::t302, duration(1s, 60s),
                           "Q.931 T302: pause between digits after which a number is complete."),
          option<PriTrunk>("t303", &PriTrunk::t303, duration(1s, 60s), "Q.931 T303: wait for any answer to SETUP."),
          option<PriTrunk>("t304", &PriTrunk::t304, duration(1s, 120s), "Q.931 T304: wait after the last digit sent."),
          option<PriTrunk>("t305", &PriTrunk::t305, duration(1s, 120s),
                           "Q.931 T305: wait for RELEASE after DISCONNECT."),
          option<PriTrunk>("t308", &PriTrunk::t308, duration(1s, 60s), "Q.931 T308: wait for RELEASE COMPLETE."),
          option<PriTrunk>("t309", &PriTrunk::t309, duration(0s, 90s),
                           "Q.931 T309: how long calls outlive a D-channel that is down, or whose span is in alarm."),
          option<PriTrunk>("t310", &PriTrunk::t310, duration(1s, 300s),
                           "Q.931 T310: wait for ALERTING, CONNECT or PROGRESS after CALL PROCEEDING."),
          option<PriTrunk>("t313", &PriTrunk::t313, duration(1s, 60s), "Q.931 T313: wait for CONNECT ACKNOWLEDGE."),
          option<PriTrunk>("t316", &PriTrunk::t316, duration(1s, 300s), "Q.931 T316: wait for RESTART ACKNOWLEDGE."),
          option<PriTrunk>("restart", &PriTrunk::restart, boolean(),
                           "RESTART every idle timeslot when layer 2 comes up, so that calls the far end still holds "
                           "from before are cleared. An exchange that does not answer RESTART is used all the same."),
          option<PriTrunk>("alarm_release", &PriTrunk::alarm_release, duration(0s, 90s),
                           "How long calls are kept on a span in alarm. They end with cause 27."),
          echo_option<PriTrunk>(),
      });
  return options;
}

}  // namespace sg::conf
