#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/dialplan_settings.h"
#include "conf/host_settings.h"
#include "conf/sources.h"
#include "conf/trunk_settings.h"

// The configuration as the rest of the gateway sees it: plain values that were checked once, when the file was read.
// What each option means, its range and its default in words: the tables of conf/*_options.cc, from which the sample
// file is made.
namespace sg::conf {

// The lines of a file where sections and keys stand: by title as written, "[span.1]", and key; "" for the section.
using Places = std::map<std::pair<std::string, std::string>, int>;

struct Settings {
  std::string file;                      // what the settings were read from, with what it includes
  Sources sources;                       // the files, in order
  std::shared_ptr<const Places> places;  // but for those of routes, lines and tests, which know their own
  Sip sip;
  Media media;
  Fax fax;
  std::vector<Span> spans;  // by number
  std::vector<PriTrunk> pri_trunks;
  std::vector<SipTrunk> sip_trunks;
  std::vector<AnalogTrunk> analog_trunks;
  Site site;
  std::vector<Site> sites;  // [site.NAME]
  std::vector<TrunkGroup> groups;
  std::vector<PlanBlock> plan;
  std::vector<Profile> profiles;
  std::vector<Line> lines;  // that have an extension
  std::vector<Line> ports;  // that have a port
  std::vector<NumberList> lists;
  std::vector<Schedule> schedules;
  std::vector<Route> routes;  // as in the file
  std::vector<PlanTest> tests;
  Records records;
  Control control;
  LogSettings log;

  // That of the key, or of its section where the key is not written; 1: neither is.
  int line_of(const std::string& title, const std::string& key) const;
  const Span* span(uint16_t number) const;
  // Cards have ports of several kinds on one span, so several trunks may have it: by name.
  std::vector<const AnalogTrunk*> analog_trunks_on(uint16_t span) const;
  // The one that the line's port belongs to. Null: the line has no port, or it cannot be told; never so in settings
  // that were checked.
  const AnalogTrunk* analog_trunk_of(const Line& line) const;
  // Of every kind.
  std::vector<const Trunk*> all_trunks() const;
  // Of any kind; null when there is no such trunk.
  const Trunk* trunk(std::string_view name) const;
  // Null when there is none of that name.
  const Profile* profile(std::string_view name) const;
  // "FILE:LINE", of a line as sections, routes and so on know theirs.
  std::string where(int line) const;
  // Where files that are named there are looked for.
  std::filesystem::path folder_at(int line) const;
  // By its name; [site] where it is empty or there is none. Of a line: the one that it dials by.
  const Site& site_named(std::string_view name) const;
  const Site& site_of(const Line& line) const;
  // [site], then the others.
  std::vector<const Site*> all_sites() const;
};

// Error: every fault of the file, a line each: "FILE:LINE: [table] key: reason (help)".
Result<Settings> load(const std::string& path);
Result<Settings> parse(std::string_view text, std::string_view filename);

// What differs between two files and cannot change while the gateway runs, as "[span.1] remote".
std::vector<std::string> needs_restart(const Settings& before, const Settings& after);

// A configuration that works, with every option, its default and its help.
std::string sample();

}  // namespace sg::conf
