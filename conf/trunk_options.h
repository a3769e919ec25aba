#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "conf/kinds.h"
#include "conf/option.h"
#include "conf/settings.h"

// What the options of several kinds of trunk have in common. For conf only.
namespace sg::conf {

template <class S>
std::vector<Option<S>> joined(std::vector<Option<S>> first, std::vector<Option<S>> second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Analog ports are set up once with their tones.
template <class S>
Option<S> tone_zone_option() {
  std::vector<std::pair<std::string, std::string>> zones;
  for (const char* zone : {"at", "au", "be", "br", "ch", "cn", "de", "dk", "es", "eu", "fi",
                           "fr", "gb", "it", "jp", "nl", "no", "pl", "pt", "ru", "se", "us"}) {
    zones.emplace_back(zone, zone);
  }
  auto option = conf::option<S>(
      "tone_zone", &Trunk::tone_zone, choice<std::string>(zones),
      "Whose tones these are (ITU-T E.180): the ringback and dial tone that its callers hear of us; on analog ports "
      "ringing, busy and congestion tone too, played and understood. eu: ETSI's.");
  if constexpr (!std::is_same_v<S, AnalogTrunk>) return std::move(option).live();
  return option;
}

// What every trunk has. `kind` is read first, by the loader.
template <class S>
std::vector<Option<S>> make_trunk_options(const std::string& kind) {
  return {
      {.name = "kind",
       .range = "one of \"pri\", \"sip\", \"fxs\", \"fxo\", \"em\"",
       .help =
           "pri: ISDN primary rate on one or more spans. sip: a SIP peer. fxs: telephones and fax machines on ports "
           "of analog cards. fxo: lines of an exchange on such ports. em: tie lines with E and M leads.",
       .read = [](S&, const toml::node&) -> Result<> { return {}; },
       .write = [kind](const S&) { return in_quotes(kind); },
       .required = true,
       .example = in_quotes(kind)},
      option<S>("max_calls", &Trunk::max_calls, integer(0, 10000),
                "Calls at a time, both directions. 0: as many as it carries.")
          .live(),
      option<S>("numbers_in", &Trunk::numbers_in, number_style(),
                "How numbers come in. ton: by their type of number, on SIP by a leading +; e164: with country code; "
                "national: without; dialled: as people dial, by [site]; extension:N: N digits of [plan] or a [[line]]; "
                "as-is. Where it can be told, the plan sees +E.164; else the digits.")
          .live(),
      option<S>("numbers_out", &Trunk::numbers_out, number_style(), "How numbers are sent there, in the same words.")
          .live(),
      option<S>(
          "max_cps", &Trunk::max_cps, integer(0, 1000),
          "Calls a second, each way; twice as many may come at once. Above it a call goes on to the next target, or "
          "is refused. 0: no limit.")
          .live(),
      option<S>(
          "share", &Trunk::share, integer(1, 100),
          "Of a pri, fxo or em trunk's lines that calls of other trunks reach too, the most that calls from this "
          "trunk hold, in percent; two at least are left to others and to emergency calls, unless there are three "
          "or fewer. 100: all.")
          .live(),
      option<S>("cost", &Trunk::cost, prices_of_trunk(),
                "What calls to it cost, by the called number's beginning: for pick = \"cost\" in routes.")
          .live(),
      option<S>(
          "rates", &Trunk::rate_file, text("a path"),
          "A carrier's rate sheet for pick = \"cost\": a CSV file with the columns prefix, price and, where prices "
          "change, from (the first day, 2027-01-01).")
          .live(),
      option<S>("site", &Trunk::site, text("a site's name"),
                "The [site.NAME] whose country, area and prefixes its numbers have. Empty: [site].")
          .live(),
      option<S>("profile", &Trunk::profile, text("a profile's name"),
                "A [profile.NAME] that its calls go by. What the trunk says itself wins.")
          .live(),
      option<S>("causes", &Trunk::causes, list(cause_rule()),
                "Where this trunk differs from the table of RFC 3398. sip.486 = 17: this SIP status is that cause; "
                "q850.34 = 503: this cause is that SIP status. A cause that comes in a Reason header stands.")
          .live(),
      option<S>("paid", &Trunk::is_paid, boolean(),
                "Calls to it cost money: a route that leads there must say whose calls it takes (from).")
          .live(),
      tone_zone_option<S>(),
  };
}

template <class T>
Option<T> echo_option() {
  return option<T>(
      "echo_canceller", &T::echo_canceller, integer(0, 1024),
      "Taps of the echo canceller on voice calls, 8 a millisecond: 32, 64, 128, 256, 512 or 1024; 0: none. "
      "It is off from the first fax tone on, and never trained in advance. Which canceller: echocanceller= "
      "in /etc/dahdi/system.conf.");
}

// The number of a span, in a list of them.
inline Kind<uint16_t> span_number() {
  auto number = integer(1, 1000);
  return {.range = "the number of a span",
          .read = [read = number.read](const toml::node& node) -> Result<uint16_t> {
            return read(node).map([](int value) { return static_cast<uint16_t>(value); });
          },
          .write = [](const uint16_t& value) { return std::to_string(value); }};
}

}  // namespace sg::conf
