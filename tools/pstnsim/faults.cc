#include "tools/pstnsim/faults.h"

namespace sg::pstnsim {

bool Faults::knows(const std::string& command) {
  return command == "clock" || command == "alarm" || command == "dchannel" || command == "bit_errors";
}

Json Faults::set(const std::string& command, const Json& request) {
  auto span = request.value("span", lines_.trunks().front()->number());
  Trunk* trunk = lines_.find(span);
  if (!trunk) return refusal("there is no such span");
  if (trunk->config.backend == SpanBackend::Cesop) return set_on_pseudowire(command, span, request);
  if (command != "dchannel" || trunk->config.is_analog())
    return refusal("a span of this backend and type cannot do that");
  trunk->dchannel_is_cut = request.at("cut");
  return {{"ok", true}};
}

Json Faults::set_on_pseudowire(const std::string& command, uint16_t span, const Json& request) {
  auto& wires = lines_.cesop();
  const bool on = request.value("on", true);
  if (command == "clock") {
    wires.set_ppm(span, request.at("ppm"));
  } else if (command == "dchannel") {
    wires.cut_dchannel(span, request.at("cut"));
  } else if (command == "bit_errors") {
    wires.set_bit_error_rate(span, request.value("timeslot", uint8_t{0}), request.at("rate"));
  } else {
    const std::string kind = request.at("kind");
    if (kind == "ais")
      wires.send_ais(span, on);
    else if (kind == "rai")
      wires.send_rai(span, on);
    else if (kind == "los")
      wires.stop_sending(span, on);
    else
      return refusal("an alarm is ais, rai or los");
  }
  return {{"ok", true}};
}

}  // namespace sg::pstnsim
