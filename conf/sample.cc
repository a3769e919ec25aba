#include "conf/options.h"
#include "conf/settings.h"

namespace sg::conf {
namespace {

constexpr size_t kWidth = 110;

// `text` as comment lines, broken between words.
std::string comment(std::string_view text) {
  std::string out, line = "#";
  while (!text.empty()) {
    auto space = text.find(' ');
    std::string_view word = text.substr(0, space);
    if (line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = "#";
    }
    line += fmt::format(" {}", word);
    text = space == std::string_view::npos ? "" : text.substr(space + 1);
  }
  return out + line + "\n";
}

template <class S>
std::string section(std::string_view title, std::string_view about, const std::vector<Option<S>>& options) {
  std::string out = "\n" + comment(about) + fmt::format("{}\n", title);
  const S defaults;
  for (const auto& option : options) {
    out += "\n" + comment(option.help);
    std::string standing = option.write(defaults);
    std::string value = fmt::format("Value: {}.", option.range);
    if (option.required) {
      value += " Needed.";
    } else if (!option.example.empty()) {
      value += fmt::format(" Default: {}.", standing);
    }
    out += comment(value);
    out += option.example.empty() ? fmt::format("#{} = {}\n", option.name, standing)
                                  : fmt::format("{} = {}\n", option.name, option.example);
  }
  return out;
}

// The section as a comment: a sample that asks for a card would not run without one.
std::string put_aside(std::string_view section) {
  std::string out;
  while (!section.empty()) {
    auto end = section.find('\n');
    std::string_view line = section.substr(0, end);
    bool is_comment = line.empty() || line.starts_with("# ");
    if (line.starts_with('#') && !is_comment) line.remove_prefix(1);
    out += fmt::format("{}{}\n", is_comment ? "" : "# ", line);
    section.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string sample() {
  std::string out =
      comment(
          "Spangate's configuration, with every option that there is. Lines that begin with # and a key show that "
          "option's "
          "default. `spangated --check FILE` tells what is wrong with a file; `spangated --sample` prints this one.") +
      comment("A time has a unit: \"500ms\", \"30s\", \"3min\", \"1h\".");
  out += section("[sip]", "SIP signalling.", sip_options());
  out += section("[media]", "RTP and T.38 on the wire.", media_options());
  out += section("[fax]", "How fax is carried. [trunk.NAME.fax] may say otherwise for one trunk.", fax_options());
  out += section("[span.1]", "An E1 or T1, by its number from 1. First a pseudowire:", cesop_span_options());
  out += put_aside(section("[span.2]", "And a card in this machine:", dahdi_span_options()));
  out += section("[trunk.pstn]",
                 "What calls come from and go to, by a name of your choice. First an ISDN line:", pri_trunk_options());
  out += section("[trunk.pbx]", "And a SIP peer:", sip_trunk_options());
  out += put_aside(section(
      "[trunk.phones]", "Telephones and fax machines on a card of analog ports:", analog_trunk_options(LineKind::Fxs)));
  out +=
      put_aside(section("[trunk.lines]", "Lines of an exchange on such a card:", analog_trunk_options(LineKind::Fxo)));
  out += put_aside(section("[trunk.tie]", "And tie lines:", analog_trunk_options(LineKind::EAndM)));
  out += section("[trunk.pbx.fax]", "How this trunk carries fax, where it differs from [fax].", trunk_fax_options());
  out += section("[site]", "How people here dial, for trunks whose numbers_in is \"dialled\" or \"national\".",
                 site_options());
  out += put_aside("\n" +
                   comment("Another place, where people dial otherwise; trunks and lines say site = \"paris\". What it "
                           "does not say, [site] says for it.") +
                   "#[site.paris]\n#country = \"33\"\n#area = \"1\"\n");
  out +=
      "\n" +
      comment(
          "Trunks that routes name as one, in `from` and `to`: [group] carriers = [\"a\", \"b\"]. And further files: "
          "include = [\"sites\", \"lists.toml\"] at the top of this one; of a directory every *.toml.");
  out += section("[plan.office]", "Extensions and their public numbers, a block a line.", plan_options());
  out += section("[profile.fax]", "How a line or a trunk treats media, where it is not as usual.", profile_options());
  out += section("[[line]]", "One user port or ATA.", line_options());
  out += "\n" +
         comment(
             "Lists of numbers: `called = \"@dear\"` in routes. A CSV file's first column may be one: "
             "dear = { file = \"dear.csv\" }.") +
         "[lists]\ndear = [\"+1900*\", \"+881*\"]\n";
  out += section("[schedule.office]", "Times that routes are open, or closed.", schedule_options());
  out += section("[[route]]", "Which calls go where; as many of these as are wanted.", route_options());
  out += "\n[[route]]\nname = \"in\"\nfrom = [\"pstn\"]\ncalled = \"*\"\nto = [\"pbx\"]\n";
  out +=
      "\n[[route]]\nname = \"dear-at-night\"\nfrom = [\"pbx\"]\ncalled = \"@dear\"\nnot_when = \"office\"\n"
      "reject = 21\n";
  out += "\n" + comment("Calls that must go as `want` says, or the file is refused. Keys of a case:");
  for (const auto& option : test_options()) out += comment(fmt::format("{}: {}", option.name, option.help));
  out +=
      "[test]\ncases = [\n"
      "  { from = \"pbx\", dial = \"+442079460999\", want = \"pstn\" },\n"
      "  { from = \"pstn\", dial = \"+12125550101\", want = \"pbx\" },\n"
      "  { from = \"pbx\", dial = \"+19005550100\", at = \"Sun 10:00\", want = \"reject 21\" },\n"
      "]\n";
  out += section("[records]", "Call records.", records_options());
  out += section("[control]", "The control socket.", control_options());
  out += section("[log]", "The log.", log_options());
  return out;
}

}  // namespace sg::conf
