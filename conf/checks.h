#pragma once

#include <string>
#include <string_view>

#include "conf/faults.h"
#include "conf/settings.h"

// What can be wrong with a file that no single value can tell: names that stand for nothing, things used twice, values
// that do not agree. For conf only.
namespace sg::conf {

void check(const Settings& settings, Faults& faults);

// Its parts.
void check_spans(const Settings& settings, Faults& faults);
void check_pri_trunks(const Settings& settings, Faults& faults);
void check_sip_trunks(const Settings& settings, Faults& faults);
void check_analog_trunks(const Settings& settings, Faults& faults);
void check_ports(const Settings& settings, Faults& faults);
void check_echo_cancellers(const Settings& settings, Faults& faults);
void check_profiles(const Settings& settings, Faults& faults);
void check_sites(const Settings& settings, Faults& faults);
void check_routes(const Settings& settings, Faults& faults);

// Sections as the file has them: "[span.1]", "[trunk.pbx]", "[[route]] \"out\"".
std::string title_of(const Span& span);
std::string title_of(const Trunk& trunk);
std::string route_title(std::string_view name);

}  // namespace sg::conf
