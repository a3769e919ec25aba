#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "base/result.h"
#include "gateway/admin/view.h"

namespace sg::admin {

// Keys in the order in which the commands write them.
using Json = nlohmann::ordered_json;

// Called exactly once, on the signalling thread, now or later.
using Reply = std::function<void(Result<Json>)>;

// One word of the control socket. `run` is called on the signalling thread; `request` is the client's whole object.
struct Command {
  std::string_view name;
  std::string_view help;
  void (*run)(const Json& request, View& view, const Reply& reply);
};

// Every command there is.
std::span<const Command> commands();

// One file each.
void run_status(const Json& request, View& view, const Reply& reply);
void run_calls(const Json& request, View& view, const Reply& reply);
void run_call(const Json& request, View& view, const Reply& reply);
void run_fax(const Json& request, View& view, const Reply& reply);
void run_memory(const Json& request, View& view, const Reply& reply);
void run_hangup(const Json& request, View& view, const Reply& reply);
void run_spans(const Json& request, View& view, const Reply& reply);
void run_trunks(const Json& request, View& view, const Reply& reply);
void run_doctor(const Json& request, View& view, const Reply& reply);
void run_reload(const Json& request, View& view, const Reply& reply);
void run_route(const Json& request, View& view, const Reply& reply);
void run_timeslots(const Json& request, View& view, const Reply& reply);
void run_block(const Json& request, View& view, const Reply& reply);
void run_unblock(const Json& request, View& view, const Reply& reply);
void run_counters(const Json& request, View& view, const Reply& reply);

// The number of a call in a request: "call", or "id", as it was named before. Error: what is wrong with it.
Result<CallId> call_in(const Json& request);

// How values that several commands show stand in JSON. A call's number is "call", as in records; "id" is its name of
// before, for programs that know no other.
Json json_of(const CallView& call);

}  // namespace sg::admin
