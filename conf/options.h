#pragma once

#include <vector>

#include "conf/option.h"
#include "conf/settings.h"

// Every option there is, section by section. For conf only.
namespace sg::conf {

const std::vector<Option<Sip>>& sip_options();
const std::vector<Option<Media>>& media_options();
const std::vector<Option<Fax>>& fax_options();
// Of a pseudowire, and of a span in the DAHDI driver.
const std::vector<Option<Span>>& cesop_span_options();
const std::vector<Option<Span>>& dahdi_span_options();
const std::vector<Option<PriTrunk>>& pri_trunk_options();
const std::vector<Option<SipTrunk>>& sip_trunk_options();
const std::vector<Option<AnalogTrunk>>& analog_trunk_options(LineKind kind);
const std::vector<Option<TrunkFax>>& trunk_fax_options();
// The dial plan's.
const std::vector<Option<Site>>& site_options();
// One row of [plan]: one block, or several extensions and their numbers in order.
struct PlanRow {
  std::vector<std::string> ext, e164;
};
const std::vector<Option<PlanRow>>& plan_options();
const std::vector<Option<Profile>>& profile_options();
const std::vector<Option<Line>>& line_options();
const std::vector<Option<Schedule>>& schedule_options();
const std::vector<Option<Route>>& route_options();
const std::vector<Option<PlanTest>>& test_options();
const std::vector<Option<Records>>& records_options();
const std::vector<Option<Control>>& control_options();
const std::vector<Option<LogSettings>>& log_options();

}  // namespace sg::conf
