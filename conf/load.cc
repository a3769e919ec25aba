#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "conf/checks.h"
#include "conf/hints.h"
#include "conf/include.h"
#include "conf/options.h"
#include "conf/rates.h"
#include "conf/read_section.h"
#include "conf/settings.h"

namespace sg::conf {
namespace {

constexpr std::array<std::string_view, 11> kReadElsewhere = {"span", "trunk", "group",    "profile", "site", "plan",
                                                             "line", "lists", "schedule", "route",   "test"};

// Reads the parsed file section by section into Settings, and goes on after a fault, so that all are told at once.
class Loader {
 public:
  explicit Loader(Faults& faults) : faults_(faults) {}

  Settings load(const toml::table& root, const Sources& sources) {
    Settings settings;
    settings.file = sources.at(1).file;
    settings.sources = sources;
    for (const auto& [key, node] : root) {
      std::string name(key.str());
      if (name == "sip") {
        section("[sip]", node, sip_options(), settings.sip);
      } else if (name == "media") {
        section("[media]", node, media_options(), settings.media);
      } else if (name == "fax") {
        section("[fax]", node, fax_options(), settings.fax);
      } else if (name == "records") {
        section("[records]", node, records_options(), settings.records);
      } else if (name == "control") {
        section("[control]", node, control_options(), settings.control);
      } else if (name == "log") {
        section("[log]", node, log_options(), settings.log);
      } else if (std::find(kReadElsewhere.begin(), kReadElsewhere.end(), name) == kReadElsewhere.end()) {
        unknown_section(name, node);
      }
    }
    // Trunks start from [fax] and their profile, wherever these stand in the file.
    profiles(root, settings);
    spans(root, settings);
    trunks(root, settings);
    read_dialplan(root, settings, faults_);
    return settings;
  }

 private:
  void unknown_section(std::string_view name, const toml::node& node) {
    static const std::vector<std::string_view> kSections = {
        "sip",  "media", "fax",      "span",  "trunk", "group",   "profile", "site", "plan",
        "line", "lists", "schedule", "route", "test",  "records", "control", "log"};
    auto near = nearest(name, kSections);
    const bool is_key = !node.is_table() && !node.is_array_of_tables();
    if (!near.empty())
      return faults_.add(line_of(node), "", name, fmt::format("unknown section; did you mean {}?", near));
    faults_.add(
        line_of(node), "", name,
        is_key ? "stands in no section: [sip], or another, is to stand above it"
               : "unknown section; known are [sip], [media], [fax], [span.N], [trunk.NAME], [group], [profile.NAME], "
                 "[site], [plan], [[line]], [lists], [schedule], [[route]], [test], [records], [control], "
                 "[log]");
  }

  template <class S>
  void section(const std::string& title, const toml::node& node, const std::vector<Option<S>>& options, S& into) {
    read_section(title, node, options, into, faults_);
  }

  void spans(const toml::table& root, Settings& settings) {
    each_table(root, "span", [&](std::string_view key, const toml::node& node) {
      Span span;
      auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), span.number);
      if (error != std::errc{} || end != key.data() + key.size() || span.number < 1 || span.number > 1000) {
        return faults_.add(line_of(node), "[span]", key, "a span is named by a number from 1 to 1000: [span.1]");
      }
      const auto* table = node.as_table();
      bool is_dahdi = table && (*table)["backend"].value<std::string_view>() == "dahdi";
      section(fmt::format("[span.{}]", key), node, is_dahdi ? dahdi_span_options() : cesop_span_options(), span);
      settings.spans.push_back(span);
    });
    std::sort(settings.spans.begin(), settings.spans.end(),
              [](const Span& a, const Span& b) { return a.number < b.number; });
  }

  void profiles(const toml::table& root, Settings& settings) {
    each_table(root, "profile", [&](std::string_view name, const toml::node& node) {
      Profile profile;
      profile.name = name;
      profile.line = line_of(node);
      section(fmt::format("[profile.{}]", name), node, profile_options(), profile);
      settings.profiles.push_back(std::move(profile));
    });
  }

  void trunks(const toml::table& root, Settings& settings) {
    each_table(root, "trunk", [&](std::string_view name, const toml::node& node) {
      std::string title = fmt::format("[trunk.{}]", name);
      const auto* table = node.as_table();
      if (!table) return faults_.add(line_of(node), "", title, "must be a table");
      const auto kind = (*table)["kind"].value_or(std::string_view());
      if (kind == "pri") {
        settings.pri_trunks.push_back(trunk(title, name, node, pri_trunk_options(), settings));
      } else if (kind == "sip") {
        auto sip = trunk(title, name, node, sip_trunk_options(), settings);
        const SocketAddress& peer = sip.peer.address;
        if (sip.allow_from.empty() && peer.is_set()) sip.allow_from.push_back(*AddressRange::parse(peer.host()));
        settings.sip_trunks.push_back(std::move(sip));
      } else if (auto line = value_named<LineKind>(kind)) {
        settings.analog_trunks.push_back(trunk(title, name, node, analog_trunk_options(*line), settings));
        settings.analog_trunks.back().kind = *line;
      } else {
        const auto* given = table->get("kind");
        const auto& option = pri_trunk_options().front();
        faults_.add(line_of(given ? *given : node), title, "kind", option.range + " is wanted", option.help);
      }
    });
  }

  template <class S>
  S trunk(const std::string& title, std::string_view name, const toml::node& node,
          const std::vector<Option<S>>& options, const Settings& settings) {
    S trunk;
    trunk.name = name;
    trunk.fax = settings.fax;
    auto profile = (*node.as_table())["profile"].value<std::string_view>();
    if (const Profile* found = profile ? settings.profile(*profile) : nullptr) apply(*found, trunk);
    auto is_fax = [](const toml::key& key, const toml::node&) { return key.str() == "fax"; };
    read_section(title, node, options, trunk, faults_, +is_fax);
    if (const auto* own = node.as_table()->get("fax")) {
      section(fmt::format("[trunk.{}.fax]", name), *own, trunk_fax_options(), trunk.fax);
    }
    if (!trunk.rate_file.empty()) {
      auto read = read_rates(settings.folder_at(line_of(node)) / trunk.rate_file);
      if (!read) {
        faults_.add(title, "rates", read.error().message);
      } else if (!trunk.cost.empty()) {
        faults_.add(title, "rates", "does not go with cost: which of the two counts?");
      } else {
        trunk.cost = std::move(*read);
      }
    }
    return trunk;
  }

  template <class S>
  static void apply(const Profile& profile, S& trunk) {
    if (profile.t38) {
      trunk.fax.t38 = *profile.t38;
      trunk.fax.t38_from.reset();
      trunk.fax.t38_to.reset();
    }
    if constexpr (requires { trunk.codecs; }) {
      if (!profile.codecs.empty()) trunk.codecs = profile.codecs;
    }
  }

  template <class Visit>
  void each_table(const toml::table& root, std::string_view name, Visit visit) {
    const auto* node = root.get(name);
    if (!node) return;
    const auto* table = node->as_table();
    if (!table) return faults_.add(line_of(*node), "", name, fmt::format("is a table of tables: [{}.NAME]", name));
    for (const auto& [key, value] : *table) visit(key.str(), value);
  }

  Faults& faults_;
};

}  // namespace

Result<Settings> parse(std::string_view text, std::string_view filename) {
  Sources sources;
  Faults faults(sources);
  auto root = parse_with_includes(text, filename, sources, faults);
  if (!root) return tl::unexpected(root.error());
  Settings settings = Loader(faults).load(*root, sources);
  // What contradicts itself is worth telling only where each value is good by itself.
  if (faults.none()) check(settings, faults);
  if (!faults.none()) return tl::unexpected(faults.error());
  settings.places = std::make_shared<const Places>(faults.places());
  return settings;
}

Result<Settings> load(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return fail("{}: is a directory", path);
  std::ifstream file(path);
  if (!file) return fail("{}: cannot be read: {}", path, std::strerror(errno));
  std::ostringstream read;
  read << file.rdbuf();  // of an empty file it says that it failed
  const std::string text = read.str();
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return fail("{}: is empty; `spangated --sample` prints a file to begin with", path);
  }
  return parse(text, path);
}

}  // namespace sg::conf
