#include <array>

#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

void run_help(const Json&, View&, const Reply& reply) {
  Json list = Json::array();
  for (const Command& command : commands()) list.push_back({{"command", command.name}, {"help", command.help}});
  reply(std::move(list));
}

constexpr std::array kCommands = {
    Command{"status", "the gateway in a few figures", run_status},
    Command{"calls", "the calls that are up or being set up", run_calls},
    Command{"call", "one call in detail; \"call\" is its number", run_call},
    Command{"fax", "the latest faxes; with \"call\" the whole record of one, its timeline included", run_fax},
    Command{"memory", "what worked for each fax number; \"forget\" names one that is to be forgotten", run_memory},
    Command{"hangup", "end a call; \"call\" is its number", run_hangup},
    Command{"spans", "the spans with their alarms and figures; \"history\": true adds quarters of an hour and days",
            run_spans},
    Command{"trunks", "the trunks: up or down, and their calls", run_trunks},
    Command{"reload", "read the configuration anew", run_reload},
    Command{
        "route",
        "where a call would go; \"called\", \"from\", and \"calling\", \"line\", \"ton\", \"at\", \"media\" as wanted",
        run_route},
    Command{"doctor", "what is wrong with lines, peers, files and ports, and how to mend it", run_doctor},
    Command{"timeslots", "every timeslot and what it does", run_timeslots},
    Command{"block", "take a \"timeslot\" (\"1/5\"), a \"span\" or a \"trunk\" out of use; calls that are up go on",
            run_block},
    Command{"unblock", "take it into use again", run_unblock},
    Command{"counters", "every counter; \"prefix\" narrows them down", run_counters},
    Command{"help", "these commands", run_help},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace sg::admin
