#include "conf/checks.h"

#include "conf/kinds.h"

namespace sg::conf {
namespace {

void check_media(const Settings& settings, Faults& faults) {
  const Media& media = settings.media;
  if (media.voice_jitter_min > media.voice_jitter_start) {
    faults.add("[media]", "voice_jitter_min", "is above voice_jitter_start");
  }
  if (media.voice_jitter_start > media.voice_jitter_max) {
    faults.add("[media]", "voice_jitter_max", "is below voice_jitter_start");
  }
  if (!settings.fax.allows(Modem::V27ter)) {
    faults.add("[fax]", "modems", "lacks \"v27ter\", which every fax machine falls back to");
  }
  if (settings.sip.t1 > settings.sip.t2) {
    faults.add(
        "[sip]", "t1",
        fmt::format("{} is above t2, which is {}", duration_text(settings.sip.t1), duration_text(settings.sip.t2)));
  }
  if (settings.sip.min_se > settings.sip.session_expires) faults.add("[sip]", "min_se", "is above session_expires");
}

}  // namespace

std::string title_of(const Span& span) {
  return fmt::format("[span.{}]", span.number);
}

std::string title_of(const Trunk& trunk) {
  return fmt::format("[trunk.{}]", trunk.name);
}

std::string route_title(std::string_view name) {
  return name.empty() ? std::string("[[route]]") : fmt::format("[[route]] \"{}\"", name);
}

void check(const Settings& settings, Faults& faults) {
  check_media(settings, faults);
  check_spans(settings, faults);
  check_pri_trunks(settings, faults);
  check_sip_trunks(settings, faults);
  check_profiles(settings, faults);
  check_sites(settings, faults);
  check_analog_trunks(settings, faults);
  check_ports(settings, faults);
  check_echo_cancellers(settings, faults);
  check_routes(settings, faults);
}

}  // namespace sg::conf
