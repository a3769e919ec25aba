#include "gateway/app/fax_numbers.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "gateway/fax/fax_experience.h"
#include "gateway/route/normalise.h"

namespace sg::app {
namespace {

// What takes the signalling thread some milliseconds.
constexpr size_t kPage = 500;

// Numbers that people write as calls of a trunk have them: "+493012345" is 03012345 where a trunk's numbers are
// national.
class WrittenNumbers {
 public:
  explicit WrittenNumbers(const conf::Settings& settings)
      : settings_(settings), normaliser_(route::Normaliser::make(settings)) {}

  std::string on(const std::string& trunk, const std::string& number) const {
    if (!normaliser_ || !number.starts_with('+')) return number;
    auto plain = "+" + fax::remembered_form(number);
    auto form = normaliser_->to_trunk(plain, route::numbering_of(settings_, trunk), route::number_of(plain));
    return form ? form->digits : number;
  }

 private:
  const conf::Settings& settings_;
  const Result<route::Normaliser> normaliser_;
};

}  // namespace

Result<std::vector<std::string>> FaxNumbers::page(const std::string& trunk, const std::string& number) const {
  if (!memory_) return no_memory();
  const auto now = std::chrono::system_clock::now();
  std::vector<std::string> lines;
  for (const auto& known : memory_->page(trunk, number, kPage, now)) lines.push_back(fax::to_json(known, now));
  return lines;
}

tl::unexpected<Error> FaxNumbers::no_memory() const {
  if (error_.empty()) return fail("nothing is remembered: [fax] memory names no file");
  return fail("nothing is remembered: {}", error_);
}

// "there is no SIP trunk "carier"; there are carrier, pbx"
Result<> FaxNumbers::has_memory_of(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& sip_trunk : trunks_.sip()) names.push_back(sip_trunk->name());
  if (std::ranges::find(names, name) != names.end()) return {};
  return fail("there is no SIP trunk \"{}\"; there are {}", name, fmt::join(names, ", "));
}

Result<size_t> FaxNumbers::forget(const std::string& number, const std::string& trunk) {
  if (!memory_) return no_memory();
  auto trunks = memory_->trunks();
  // What the settings have named once can be forgotten still.
  if (!trunk.empty() && !trunks.contains(trunk)) {
    if (auto known = has_memory_of(trunk); !known) return tl::unexpected(known.error());
  }
  const WrittenNumbers numbers(routing_.settings());
  size_t forgotten = 0;
  for (const std::string& name : trunks) {
    if (!trunk.empty() && name != trunk) continue;
    forgotten += memory_->forget(name, numbers.on(name, number)) || memory_->forget(name, number);
  }
  if (forgotten == 0) return fail("nothing is remembered of {}{}", number, trunk.empty() ? "" : " on trunk " + trunk);
  return forgotten;
}

Result<admin::ImportView> FaxNumbers::import(const std::vector<std::string>& lines) {
  if (!memory_) return no_memory();
  const auto now = std::chrono::system_clock::now();
  const WrittenNumbers written(routing_.settings());
  std::vector<fax::FaxExperience> numbers;
  for (const std::string& line : lines) {
    auto known = fax::experience_of(line, now);
    if (!known) return fail("line {}: {}", numbers.size() + 1, known.error().message);
    if (auto trunk = has_memory_of(known->trunk); !trunk) {
      return fail("line {}: {}", numbers.size() + 1, trunk.error().message);
    }
    known->number = written.on(known->trunk, known->number);
    numbers.push_back(std::move(*known));
  }
  auto imported = memory_->import(std::move(numbers), now);
  if (!imported) return tl::unexpected(imported.error());
  return admin::ImportView{imported->taken, imported->older};
}

}  // namespace sg::app
