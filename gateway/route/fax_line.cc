#include "gateway/route/fax_line.h"

#include <algorithm>

namespace sg::route {

bool is_fax_line(const conf::Settings& settings, const std::string& name, const std::string& number) {
  auto trunk = std::ranges::find(settings.analog_trunks, name, &conf::AnalogTrunk::name);
  if (trunk == settings.analog_trunks.end()) return false;
  if (trunk->media == conf::LineMedia::Fax) return true;
  if (number.empty()) return false;
  return std::ranges::any_of(settings.ports, [&](const conf::Line& line) {
    return line.media == conf::LineMedia::Fax && (line.ext == number || line.number == number) &&
           settings.analog_trunk_of(line) == &*trunk;
  });
}

}  // namespace sg::route
