#include "tools/spangatectl/memory.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "gateway/fax/fax_experience.h"

namespace sg::spangatectl {
namespace {

// The gateway takes requests of up to 64 KiB.
constexpr size_t kMostOctets = 48 * 1024;

}  // namespace

std::string export_text(const Json& numbers) {
  std::string text;
  for (const Json& each : numbers) text += each.dump() + "\n";
  return text;
}

Result<std::vector<Json>> read_export(const std::string& file, std::chrono::system_clock::time_point now) {
  std::ifstream in(file);
  if (!in) return fail("{}: {}", file, std::strerror(errno));
  std::vector<Json> numbers;
  size_t count = 0;
  for (std::string line; std::getline(in, line);) {
    ++count;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (auto known = fax::experience_of(line, now); !known) {
      return fail("{}, line {}: {}; nothing was imported", file, count, known.error().message);
    }
    numbers.push_back(Json::parse(line));
  }
  return numbers;
}

Result<Json> ask_memory(const std::string& socket) {
  Json all = Json::array();
  for (Json request{{"command", "memory"}};; request["after"] = all.back()) {
    auto page = ask(socket, request);
    if (!page || page->empty()) return page ? Result<Json>(std::move(all)) : page;
    for (Json& each : *page) all.push_back(std::move(each));
  }
}

Result<Json> import_memory(const std::string& socket, const std::string& file) {
  auto numbers = read_export(file, std::chrono::system_clock::now());
  if (!numbers) return tl::unexpected(numbers.error());
  size_t taken = 0, older = 0;
  for (size_t next = 0; next < numbers->size();) {
    Json batch = Json::array();
    for (size_t octets = 0; next < numbers->size() && octets < kMostOctets; ++next) {
      octets += (*numbers)[next].dump().size();
      batch.push_back((*numbers)[next]);
    }
    auto result = ask(socket, Json{{"command", "memory"}, {"import", std::move(batch)}});
    if (!result && taken + older == 0) return tl::unexpected(result.error());
    if (!result)
      return fail("{}: of {} numbers {} were imported: import again", result.error().message, numbers->size(), taken);
    taken += result->at("taken").get<size_t>();
    older += result->at("older").get<size_t>();
  }
  return Json{{"file", file}, {"taken", taken}, {"older", older}};
}

}  // namespace sg::spangatectl
