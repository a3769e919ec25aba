#pragma once

#include "gateway/admin/view.h"
#include "gateway/routing/call_routing.h"
#include "gateway/trunk/trunks.h"

namespace sg::app {

// Where a call would go now, step by step, for people who want to know. Error: what is wrong with the question.
Result<admin::RouteView> explain_route(const admin::RouteQuestion& question, const routing::CallRouting& routing,
                                       const trunk::Trunks& trunks);

}  // namespace sg::app
