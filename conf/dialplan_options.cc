#include "conf/kinds.h"
#include "conf/options.h"

// The options of the dial plan: [site], [plan], [profile], [[line]], [test].
namespace sg::conf {
namespace {

Kind<std::string> digits(std::string what) {
  return {.range = what,
          .read = [what = std::move(what)](const toml::node& node) -> Result<std::string> {
            if (!node.is_string()) {
              const bool is_vowel = std::string_view("aeiou").find(what.front()) != std::string_view::npos;
              return wrong_type((is_vowel ? "an " : "a ") + what, node, Written::AsText);
            }
            const std::string& text = node.as_string()->get();
            if (text.find_first_not_of("0123456789") != std::string::npos) {
              return fail("{} is no {}", in_quotes(text), what);
            }
            return text;
          },
          .write = in_quotes};
}

}  // namespace

const std::vector<Option<Site>>& site_options() {
  static const std::vector<Option<Site>> options = {
      option<Site>("country", &Site::country, digits("country code"), "Country code, without +."),
      option<Site>("area", &Site::area, digits("area code"),
                   "Area code, without the prefix that is dialled before it."),
      option<Site>("trunk_prefix", &Site::trunk_prefix, digits("prefix"), "What is dialled before a national number."),
      option<Site>("intl_prefix", &Site::intl_prefix, digits("prefix"), "What is dialled before a country code."),
      option<Site>("emergency", &Site::emergency, list(digits("emergency number")),
                   "Emergency numbers: never rewritten, and `@emergency` in routes."),
      option<Site>("zone", &Site::zone, text("a time zone, \"Europe/London\""),
                   "Whose clock counts in schedules that name no zone. Empty: this machine's (/etc/localtime)."),
      option<Site>("most_forwards", &Site::most_forwards, integer(1, 15),
                   "How often one call may be forwarded, here or before it came, or follow a peer's 302; then it ends "
                   "with cause 25."),
  };
  return options;
}

const std::vector<Option<PlanRow>>& plan_options() {
  static const std::vector<Option<PlanRow>> options = {
      option<PlanRow>("ext", &PlanRow::ext, list(text("an extension, X for any digit"), false),
                      "Extensions: a block of them, or a list of some that are no block.")
          .needed("\"2XX\""),
      option<PlanRow>("e164", &PlanRow::e164, list(text("a number with +, X for any digit"), false),
                      "Their public numbers: its X are those of ext, in order; of a list, each in its place.")
          .needed("\"+4420794602XX\""),
  };
  return options;
}

const std::vector<Option<Profile>>& profile_options() {
  static const std::vector<Option<Profile>> options = {
      option<Profile>("media", &Profile::media, maybe(choice<CallMedia>(), "\"voice\""),
                      "What its calls carry: `media` in routes, and a fax has its fixed jitter buffer from the first "
                      "octet on.")
          .shown("\"fax\""),
      option<Profile>("codecs", &Profile::codecs, list(choice<CodecId>()),
                      "G.711 laws, the preferred first. Empty: as the trunk has them.")
          .shown("[\"pcma\"]"),
      option<Profile>("t38", &Profile::t38, maybe(choice<T38Ask>(), "\"preamble\""),
                      "Who asks for T.38, as in [fax]. Where it is not given, as the trunk has it."),
  };
  return options;
}

namespace {

Option<Line> port_option() {
  auto port = parsed<Port>("\"SPAN/CHANNEL\"", Port::parse, [](const Port& value) { return value.to_string(); });
  return {.name = "port",
          .range = port.range,
          .help = "Where it is: a port of a card that an fxs, fxo or em trunk has. Empty: behind another trunk.",
          .read = [read = port.read](Line& line, const toml::node& node) -> Result<> {
            if (node.is_string() && node.as_string()->get().empty()) return {};
            auto value = read(node);
            if (!value) return tl::unexpected(value.error());
            line.port = *value;
            return {};
          },
          .write = [](const Line& line) { return in_quotes(line.port ? line.port->to_string() : std::string()); }};
}

}  // namespace

const std::vector<Option<Line>>& line_options() {
  static const std::vector<Option<Line>> options = {
      option<Line>("ext", &Line::ext, digits("extension"), "The extension.").shown("\"401\""),
      option<Line>("did", &Line::did, text("a number with +"), "Its own public number.").shown("\"+12125550101\""),
      option<Line>("profile", &Line::profile, text("a profile's name"), "A [profile.NAME] that its calls go by.")
          .shown("\"fax\""),
      option<Line>("label", &Line::label, text("a text"), "What it is, for people."),
      option<Line>("allow", &Line::allow, list(text("a pattern or @list")),
                   "Numbers that it may dial, beside emergency numbers. Empty: all that routes lead to."),
      port_option(),
      option<Line>(
          "trunk", &Line::trunk, text("a trunk's name"),
          "The fxs, fxo or em trunk that the port belongs to, needed only where several have its span. Or the sip "
          "trunk that it is behind, such as an ATA: calls from there are this line's, and no other trunk's are."),
      option<Line>("site", &Line::site, text("a site's name"),
                   "The [site.NAME] whose numbers it dials. Empty: its trunk's."),
      option<Line>("number", &Line::number, text("a number"),
                   "On a port of an fxo or em trunk, in place of ext and did: what number calls that come in there are "
                   "for. With + or as trunks of that kind dial."),
      option<Line>("media", &Line::media, choice<LineMedia>({{"any", LineMedia::Any}, {"fax", LineMedia::Fax}}),
                   "fax: a fax machine is there, and nothing else; calls are handled as fax from the start."),
      option<Line>("messages", &Line::messages, integer(0, 99),
                   "Messages that wait for a telephone: its lamp is lit, and its dial tone stutters."),
      option<Line>("forward_always", &Line::forward_always, text("a number"),
                   "Where all its calls go instead: a number as it would dial it, or with +. It must be one that the "
                   "line may call itself."),
      option<Line>("forward_busy", &Line::forward_busy, text("a number"), "Where its calls go when it is busy."),
      option<Line>("forward_no_answer", &Line::forward_no_answer, text("a number"),
                   "Where its calls go when it rings and nobody answers."),
      option<Line>("forward_after", &Line::forward_after, duration<seconds>(1s, 10min),
                   "How long it rings before forward_no_answer."),
  };
  return options;
}

const std::vector<Option<PlanTest>>& test_options() {
  static const std::vector<Option<PlanTest>> options = {
      option<PlanTest>("from", &PlanTest::from, text("a trunk's name"), "Where the call comes from.").needed("\"pbx\""),
      option<PlanTest>("dial", &PlanTest::dial, text("a number"), "The called number as received.").needed("\"112\""),
      option<PlanTest>("calling", &PlanTest::calling, text("a number"), "The calling number as received."),
      option<PlanTest>("line", &PlanTest::line_ext, text("an extension"), "Or the [[line]] that calls."),
      option<PlanTest>("redirecting", &PlanTest::redirecting, text("a number"), "The redirecting number as received."),
      option<PlanTest>("ton", &PlanTest::ton, ton(), "The called number's type."),
      option<PlanTest>("media", &PlanTest::media, choice<CallMedia>(), "What it carries."),
      option<PlanTest>("at", &PlanTest::at, text("\"Tue 10:00\" or \"2026-12-25 10:00\""), "When. Empty: Tue 12:00."),
      option<PlanTest>("want", &PlanTest::want, text("\"a>b\", \"reject N\", \"no route\" or \"not allowed\""),
                       "Trunks in the order tried, or why there are none.")
          .needed("\"pstn\""),
      option<PlanTest>("sends", &PlanTest::sends, text("a number"), "The called number that the first trunk is sent."),
      option<PlanTest>("calling_sends", &PlanTest::calling_sends, text("a number"), "And the calling number."),
      option<PlanTest>("route", &PlanTest::route, text("a route's name"), "The route that must win."),
  };
  return options;
}

}  // namespace sg::conf
