#include "tdm/types.h"

#include <array>
#include <utility>

namespace sg::tdm {

std::string to_string(AlarmSet alarms) {
  constexpr std::array<std::pair<AlarmSet, const char*>, 5> kNames{{{kAlarmRemoved, "REMOVED"},
                                                                    {kAlarmRed, "RED"},
                                                                    {kAlarmBlue, "BLUE"},
                                                                    {kAlarmYellow, "YELLOW"},
                                                                    {kAlarmLoopback, "LOOPBACK"}}};
  std::string text;
  for (auto [alarm, name] : kNames) {
    if (!(alarms & alarm)) continue;
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text.empty() ? "OK" : text;
}

}  // namespace sg::tdm
