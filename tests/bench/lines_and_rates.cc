#include "lines_and_rates.h"

#include <csv.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gateway/route/plan.h"

namespace {

using namespace sg;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kLinesInFile = 1000;
constexpr size_t kCarriers = 2;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Extensions of six digits, each with a number of its own.
void write_lines(const fs::path& folder, size_t lines) {
  fs::create_directory(folder);
  for (size_t first = 0; first < lines; first += kLinesInFile) {
    std::ofstream file(folder / fmt::format("{:06}.toml", first));
    for (size_t line = first; line < std::min(lines, first + kLinesInFile); ++line) {
      file << fmt::format(
          "[[line]]\ntrunk = \"pbx\"\next = \"{:06}\"\ndid = \"+44207{:07}\"\nallow = [\"+44*\", \"+1*\"]\n\n",
          200'000 + line, 9'000'000 + line);
    }
  }
}

// As a carrier sends it: a line a destination, all different, some with a price to come.
void write_rates(const fs::path& path, size_t rates) {
  std::ofstream file(path);
  file << "Destination,Prefix,Price,Effective\nAll others,*,0.25,\n";
  for (size_t row = 1; row < rates; ++row) {
    file << fmt::format("\"Somewhere, part {0}\",{1},0.0{2},{3}\n", row, 10'000'000 + 89 * row, 100 + row % 800,
                        row % 10 == 0 ? "2027-01-01" : "");
  }
}

void write_configuration(const fs::path& folder, size_t lines, size_t rates) {
  write_lines(folder / "lines", lines);
  std::string text = R"(include = "lines"
[sip]
listen = "udp:127.0.0.1:5060"
[site]
country = "44"
area = "20"
[trunk.pbx]
kind = "sip"
peer = "sip:127.0.0.1:5070"
)";
  for (size_t carrier = 0; carrier < kCarriers; ++carrier) {
    write_rates(folder / fmt::format("{}.csv", carrier), rates / kCarriers);
    text += fmt::format("[trunk.carrier{0}]\nkind = \"sip\"\npeer = \"sip:127.0.0.1:{1}\"\nrates = \"{0}.csv\"\n",
                        carrier, 5080 + carrier);
  }
  text += R"([[route]]
name = "in"
called = "@dids"
to = "pbx"
[[route]]
name = "out"
from = "pbx"
called = "+*"
to = ["carrier0", "carrier1"]
pick = "cost"
)";
  std::ofstream(folder / "spangate.toml") << text;
}

bool loads(const fs::path& file) {
  auto settings = conf::load(file.string());
  auto plan = settings ? route::Plan::make(*settings) : Result<route::Plan>(tl::unexpected(settings.error()));
  if (!plan) fmt::print(stderr, "{}\n", plan.error().message);
  return plan.has_value();
}

void count_field(void*, size_t, void* fields) {
  ++*static_cast<size_t*>(fields);
}

void read_csv(const fs::path& file) {
  std::ifstream stream(file);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  size_t fields = 0;
  csv_parser parser;
  ::csv_init(&parser, 0);
  ::csv_parse(&parser, text.data(), text.size(), count_field, nullptr, &fields);
  ::csv_fini(&parser, count_field, nullptr, &fields);
  ::csv_free(&parser);
}

void read_only(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".toml") static_cast<void>(toml::parse_file(entry.path().string()));
    if (entry.path().extension() == ".csv") read_csv(entry.path());
  }
}

}  // namespace

bool measure_lines_and_rates(size_t lines, size_t rates) {
  std::string folder = (fs::temp_directory_path() / "lines-bench-XXXXXX").string();
  if (!::mkdtemp(folder.data())) return false;
  write_configuration(folder, lines, rates);

  read_only(folder);  // what is slow at first only is no part of the figures
  auto start = Clock::now();
  read_only(folder);
  const double bare = ms_since(start);
  start = Clock::now();
  const bool is_sound = loads(fs::path(folder) / "spangate.toml");
  const double load = ms_since(start);
  fs::remove_all(folder);
  if (is_sound) fmt::print("route.load_lines_rates_ms {:.1f}\nroute.read_lines_rates_ms {:.1f}\n", load, bare);
  return is_sound;
}
