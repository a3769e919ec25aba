#include "gateway/records/fax_archive.h"

#include <algorithm>

#include "gateway/records/json.h"

namespace sg::records {

void FaxArchive::add(const call::Record& record) {
  if (!record.fax || most_ == 0) return;
  kept_.push_front({record.call, to_json(record)});
  if (kept_.size() > most_) kept_.pop_back();
}

std::optional<std::string> FaxArchive::find(CallId id) const {
  auto found = std::ranges::find(kept_, id, &Kept::id);
  if (found == kept_.end()) return std::nullopt;
  return found->line;
}

std::vector<std::string> FaxArchive::all() const {
  std::vector<std::string> lines;
  for (const Kept& each : kept_) lines.push_back(each.line);
  return lines;
}

}  // namespace sg::records
