// Spans and trunks.
#include <algorithm>
#include <map>

#include "conf/checks.h"
#include "conf/hints.h"

namespace sg::conf {
namespace {

bool suits(SwitchType type, SpanType span) {
  switch (type) {
    case SwitchType::EuroIsdnE1:
      return span == SpanType::E1;
    case SwitchType::EuroIsdnT1:
    case SwitchType::Ni1:
    case SwitchType::Ni2:
    case SwitchType::Dms100:
    case SwitchType::Lucent5e:
    case SwitchType::Att4ess:
      return span == SpanType::T1;
    case SwitchType::Qsig:
      return true;
  }
  return false;
}

// Non-facility associated signalling: what makes one interface of several spans.
void check_nfas(const Settings& settings, const PriTrunk& trunk, Faults& faults) {
  if (!trunk.nfas) {
    if (!trunk.dchannels.empty()) faults.add(title_of(trunk), "dchannels", "goes only with nfas = true");
    return;
  }
  constexpr size_t kMostSpans = 20;  // that libpri has room for
  if (trunk.spans.size() < 2) faults.add(title_of(trunk), "nfas", "needs two spans or more");
  if (trunk.spans.size() > kMostSpans) {
    faults.add(title_of(trunk), "nfas", fmt::format("at most {} spans go together", kMostSpans));
  }
  if (trunk.switch_type == SwitchType::Qsig) faults.add(title_of(trunk), "nfas", "does not go with switch = \"qsig\"");
  const Span* first = settings.span(trunk.spans.front());
  for (uint16_t number : trunk.spans) {
    const Span* span = settings.span(number);
    if (!first || !span) continue;  // told already
    if (span->backend != first->backend || span->type != first->type) {
      faults.add(title_of(trunk), "nfas",
                 fmt::format("spans {} and {} differ in type or backend", first->number, number));
    }
  }
  if (trunk.dchannels.size() > 2) faults.add(title_of(trunk), "dchannels", "one primary, and one for backup");
  for (uint16_t number : trunk.dchannels) {
    if (std::find(trunk.spans.begin(), trunk.spans.end(), number) == trunk.spans.end()) {
      faults.add(title_of(trunk), "dchannels", fmt::format("{} is none of the trunk's spans", number));
    }
  }
}

// Of a trunk of timeslots.
template <class T>
void check_echo_canceller(const Settings& settings, const T& trunk, Faults& faults) {
  const int taps = trunk.echo_canceller;
  if (taps == 0) return;
  constexpr int kTaps[] = {32, 64, 128, 256, 512, 1024};
  if (std::find(std::begin(kTaps), std::end(kTaps), taps) == std::end(kTaps)) {
    faults.add(title_of(trunk), "echo_canceller", fmt::format("{} taps: no canceller has so many", taps));
  }
  for (uint16_t number : trunk.spans) {
    const Span* span = settings.span(number);
    if (span && span->backend != SpanBackend::Dahdi) {
      faults.add(title_of(trunk), "echo_canceller", fmt::format("span {} is a pseudowire, which has none", number));
    }
  }
}

}  // namespace

void check_spans(const Settings& settings, Faults& faults) {
  for (auto span = settings.spans.begin(); span != settings.spans.end(); ++span) {
    auto earlier = [&](auto is_same) {
      return std::find_if(settings.spans.begin(), span,
                          [&](const Span& s) { return s.backend == span->backend && is_same(s); });
    };
    if (span->backend == SpanBackend::Dahdi) {
      int number = span->number_in_driver();
      auto other = earlier([&](const Span& s) { return s.number_in_driver() == number; });
      if (other != span) {
        faults.add(title_of(*span), "driver_span",
                   fmt::format("the driver's span {} is {} already", number, title_of(*other)));
      }
      continue;
    }
    auto other = earlier([&](const Span& s) { return s.local == span->local; });
    if (other != span) {
      faults.add(title_of(*span), "local",
                 fmt::format("{} is used by {} already", span->local.to_string(), title_of(*other)));
    }
    if (span->local.family() != span->remote.family()) {
      faults.add(title_of(*span), "remote", "is of another address family than local");
    }
    if (span->remote.port() == 0) faults.add(title_of(*span), "remote", "port 0 cannot be sent to");
    if (span->ppm != 0 && span->clock == ClockSource::Recovered) {
      faults.add(title_of(*span), "ppm", "goes only with clock = \"given\": a recovered clock is the far end's");
    }
  }
}

void check_pri_trunks(const Settings& settings, Faults& faults) {
  std::map<uint16_t, const PriTrunk*> users;
  for (const PriTrunk& trunk : settings.pri_trunks) {
    check_nfas(settings, trunk, faults);
    for (uint16_t number : trunk.spans) {
      const Span* span = settings.span(number);
      if (!span) {
        faults.add(title_of(trunk), "spans", fmt::format("there is no [span.{}]", number));
        continue;
      }
      if (auto [user, is_first] = users.emplace(number, &trunk); !is_first) {
        faults.add(title_of(trunk), "spans",
                   fmt::format("span {} is used by {} already", number, title_of(*user->second)));
      }
      if (span->backend == SpanBackend::Dahdi) continue;  // the driver knows more: see Application
      if (!suits(trunk.switch_type, span->type)) {
        faults.add(title_of(trunk), "switch",
                   fmt::format("does not go with span {}, which is of type {}", number, name_of(span->type)));
      }
      if (trunk.dchannel > timeslots_of(span->type)) {
        faults.add(title_of(trunk), "dchannel",
                   fmt::format("span {} has only {} timeslots", number, timeslots_of(span->type)));
      }
    }
  }
}

void check_sip_trunks(const Settings& settings, Faults& faults) {
  for (const SipTrunk& trunk : settings.sip_trunks) {
    bool heard = std::any_of(settings.sip.listen.begin(), settings.sip.listen.end(), [&](const SipAddress& listen) {
      return listen.transport == trunk.peer.transport && listen.address.family() == trunk.peer.address.family();
    });
    if (!heard) {
      faults.add(title_of(trunk), "peer",
                 fmt::format("needs {} on {}, which [sip] listen does not have", name_of(trunk.peer.transport),
                             trunk.peer.address.is_ipv6() ? "IPv6" : "IPv4"));
    }
    if (std::count(settings.sip.listen.begin(), settings.sip.listen.end(), trunk.peer) > 0) {
      faults.add(title_of(trunk), "peer", "is an address that this gateway listens on itself");
    }
  }
}

void check_echo_cancellers(const Settings& settings, Faults& faults) {
  for (const PriTrunk& trunk : settings.pri_trunks) {
    check_echo_canceller(settings, trunk, faults);
    if (trunk.echo_canceller != 0 && trunk.bearer == BearerCapability::Unrestricted) {
      faults.add(title_of(trunk), "echo_canceller", "does not go with bearer = \"unrestricted\": it would change data");
    }
  }
  for (const AnalogTrunk& trunk : settings.analog_trunks) {
    check_echo_canceller(settings, trunk, faults);
    if (trunk.echo_canceller != 0 && trunk.media == LineMedia::Fax) {
      faults.add(title_of(trunk), "echo_canceller",
                 "does not go with media = \"fax\": fax machines mind their own echo");
    }
  }
}

void check_profiles(const Settings& settings, Faults& faults) {
  auto check_trunk = [&](const Trunk& trunk, bool is_ip) {
    if (trunk.profile.empty()) return;
    const Profile* profile = settings.profile(trunk.profile);
    if (!profile) {
      faults.add(title_of(trunk), "profile", fmt::format("there is no [profile.{}]", trunk.profile));
    } else if (!is_ip && (profile->t38 || !profile->codecs.empty())) {
      faults.add(title_of(trunk), "profile",
                 fmt::format("[profile.{}] has codecs or t38, which a line of timeslots has not", trunk.profile));
    }
  };
  for (const PriTrunk& trunk : settings.pri_trunks) check_trunk(trunk, false);
  for (const SipTrunk& trunk : settings.sip_trunks) check_trunk(trunk, true);
  for (const Line& line : settings.lines) {
    if (line.profile.empty() || settings.profile(line.profile)) continue;
    faults.add(line.line, "[[line]]", "profile", fmt::format("there is no [profile.{}]", line.profile));
  }
}

void check_sites(const Settings& settings, Faults& faults) {
  std::vector<std::string_view> names;
  for (const Site& site : settings.sites) names.push_back(site.name);
  auto none = [&](const std::string& site) {
    return !site.empty() && std::ranges::count(names, site) == 0
               ? fmt::format("there is no [site.{}]{}", site, meant(site, names))
               : std::string();
  };
  for (const Trunk* trunk : settings.all_trunks()) {
    if (auto why = none(trunk->site); !why.empty()) faults.add(title_of(*trunk), "site", why);
  }
  for (const Line& line : settings.lines) {
    if (auto why = none(line.site); !why.empty()) faults.add(line.line, "[[line]]", "site", why);
  }
}

}  // namespace sg::conf
