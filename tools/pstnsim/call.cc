#include "tools/pstnsim/call.h"

namespace sg::pstnsim {

Json describe(const Call& call) {
  Json described = {{"call", call.id},           {"span", call.slot.span}, {"timeslot", call.slot.number},
                    {"outgoing", call.outgoing}, {"number", call.local},   {"far", call.far},
                    {"state", call.state}};
  if (!call.fax.is_null()) described["fax"] = call.fax;
  if (call.tester) {
    described["data"] = {{"octets", call.tester->octets()},
                         {"errors", call.tester->errors()},
                         {"clean", call.tester->clean()},
                         {"slips", call.tester->slips()}};
  }
  if (call.terminal && call.terminal->fax() && call.fax.is_null()) {
    auto progress = call.terminal->fax()->progress();
    described["progress"] = {
        {"page", progress.page}, {"bit_rate", progress.bit_rate}, {"ecm", progress.ecm}, {"phase", progress.phase}};
  }
  return described;
}

}  // namespace sg::pstnsim
