#include <algorithm>

#include "conf/options.h"

// What a reload cannot put into effect: the options that are not live (conf/option.h).
namespace sg::conf {
namespace {

class Differ {
 public:
  template <class S>
  void section(const std::string& title, const std::vector<Option<S>>& options, const S& before, const S& after) {
    for (const auto& option : options) {
      if (!option.is_live && option.write(before) != option.write(after))
        found.push_back(fmt::format("{} {}", title, option.name));
    }
  }
  void note(std::string what) { found.push_back(std::move(what)); }

  std::vector<std::string> found;
};

const Span* find(const std::vector<Span>& spans, uint16_t number) {
  auto found = std::find_if(spans.begin(), spans.end(), [&](const Span& span) { return span.number == number; });
  return found == spans.end() ? nullptr : &*found;
}

template <class T>
const T* find(const std::vector<T>& trunks, std::string_view name) {
  auto found = std::find_if(trunks.begin(), trunks.end(), [&](const T& trunk) { return trunk.name == name; });
  return found == trunks.end() ? nullptr : &*found;
}

void spans(const Settings& before, const Settings& after, Differ& differ) {
  for (const Span& span : after.spans) {
    std::string title = fmt::format("[span.{}]", span.number);
    const Span* old = find(before.spans, span.number);
    if (!old) {
      differ.note(title + " is new");
    } else if (old->backend != span.backend) {
      differ.note(title + " backend");
    } else {
      differ.section(title, span.backend == SpanBackend::Dahdi ? dahdi_span_options() : cesop_span_options(), *old,
                     span);
    }
  }
  for (const Span& span : before.spans) {
    if (!find(after.spans, span.number)) differ.note(fmt::format("[span.{}] is gone", span.number));
  }
}

// Trunks on spans: they come and go only with a restart.
template <class T, class OptionsOf>
void span_trunks(const std::vector<T>& before, const std::vector<T>& after, const Settings& all_before,
                 const Settings& all_after, OptionsOf options_of, Differ& differ) {
  for (const T& trunk : after) {
    std::string title = fmt::format("[trunk.{}]", trunk.name);
    if (const T* old = find(before, trunk.name)) {
      differ.section(title, options_of(trunk), *old, trunk);
    } else {
      differ.note(title + (all_before.trunk(trunk.name) ? " kind" : " is new"));
    }
  }
  for (const T& trunk : before) {
    if (all_after.trunk(trunk.name) == nullptr) differ.note(fmt::format("[trunk.{}] is gone", trunk.name));
  }
}

// What a port does is set up once; who may call what from it is the plan's.
void ports(const Settings& before, const Settings& after, Differ& differ) {
  auto is_same = [](const Line& a, const Line& b) {
    return a.port == b.port && a.trunk == b.trunk && a.ext == b.ext && a.label == b.label && a.number == b.number &&
           a.media == b.media && a.messages == b.messages;
  };
  if (!std::equal(before.ports.begin(), before.ports.end(), after.ports.begin(), after.ports.end(), is_same)) {
    differ.note("[[line]] of a port");
  }
}

void sip_trunks(const Settings& before, const Settings& after, Differ& differ) {
  for (const SipTrunk& trunk : after.sip_trunks) {
    std::string title = fmt::format("[trunk.{}]", trunk.name);
    if (const SipTrunk* old = find(before.sip_trunks, trunk.name)) {
      differ.section(title, sip_trunk_options(), *old, trunk);
    } else if (before.trunk(trunk.name)) {
      differ.note(title + " kind");
    }
  }
}

}  // namespace

std::vector<std::string> needs_restart(const Settings& before, const Settings& after) {
  Differ differ;
  differ.section("[sip]", sip_options(), before.sip, after.sip);
  differ.section("[media]", media_options(), before.media, after.media);
  differ.section("[fax]", fax_options(), before.fax, after.fax);
  spans(before, after, differ);
  span_trunks(
      before.pri_trunks, after.pri_trunks, before, after,
      [](const PriTrunk&) -> const auto& { return pri_trunk_options(); }, differ);
  span_trunks(
      before.analog_trunks, after.analog_trunks, before, after,
      [](const AnalogTrunk& trunk) -> const auto& { return analog_trunk_options(trunk.kind); }, differ);
  ports(before, after, differ);
  sip_trunks(before, after, differ);
  differ.section("[records]", records_options(), before.records, after.records);
  differ.section("[control]", control_options(), before.control, after.control);
  differ.section("[log]", log_options(), before.log, after.log);
  return differ.found;
}

}  // namespace sg::conf
