#include "gateway/route/number_set.h"

#include <re2/re2.h>

#include <algorithm>

namespace sg::route {
namespace {

// Larger sets are not compared: they count as overlapping.
constexpr size_t kMostCompared = 256;

const std::vector<std::string>* find_list(const conf::Settings& settings, std::string_view name) {
  for (const conf::NumberList& list : settings.lists) {
    if (list.name == name) return &list.patterns;
  }
  return nullptr;
}

// Of all sites, each once.
std::vector<const std::string*> emergency_numbers(const conf::Settings& settings) {
  std::vector<const std::string*> numbers;
  for (const conf::Site* site : settings.all_sites()) {
    for (const std::string& number : site->emergency) {
      if (std::ranges::none_of(numbers, [&](const std::string* known) { return *known == number; })) {
        numbers.push_back(&number);
      }
    }
  }
  return numbers;
}

}  // namespace

bool matches(const re2::RE2& expression, std::string_view number) {
  return re2::RE2::FullMatch(re2::StringPiece(number.data(), number.size()), expression);
}

std::vector<std::string> captures(const re2::RE2& expression, std::string_view number) {
  std::vector<re2::StringPiece> pieces(static_cast<size_t>(expression.NumberOfCapturingGroups()) + 1);
  expression.Match(re2::StringPiece(number.data(), number.size()), 0, number.size(), re2::RE2::ANCHOR_BOTH,
                   pieces.data(), static_cast<int>(pieces.size()));
  std::vector<std::string> texts;
  for (size_t i = 1; i < pieces.size(); ++i) texts.emplace_back(pieces[i].data() ? pieces[i].as_string() : "");
  return texts;
}

size_t literals(const re2::RE2& expression) {
  std::string least, greatest;
  if (!expression.PossibleMatchRange(&least, &greatest, 32)) return 0;
  auto [end, other] = std::mismatch(least.begin(), least.end(), greatest.begin(), greatest.end());
  return static_cast<size_t>(end - least.begin());
}

Result<NumberItem> read_number(const std::string& text) {
  NumberItem item;
  item.text = &text;
  bool is_expression = text.size() > 1 && text.starts_with('/') && text.ends_with('/');
  if (!is_expression) {
    auto pattern = Pattern::parse(text);
    if (!pattern) return tl::unexpected(pattern.error());
    item.pattern = std::move(*pattern);
    return item;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto expression = std::make_shared<re2::RE2>(text.substr(1, text.size() - 2), options);
  if (!expression->ok()) return fail("{}: {}", text, expression->error());
  item.expression = std::move(expression);
  return item;
}

Result<> read_numbers(const conf::Settings& settings, std::span<const std::string> texts,
                      const std::function<void(NumberItem)>& visit) {
  for (const std::string& text : texts) {
    if (text == "@dids") {
      if (settings.lines.empty()) return fail("@dids is empty: there is no [[line]]");
      for (const conf::Line& line : settings.lines) {
        auto item = read_number(line.did);
        if (!item) return tl::unexpected(item.error());
        visit(std::move(*item));
      }
      continue;
    }
    if (text == "@emergency") {
      const auto numbers = emergency_numbers(settings);
      if (numbers.empty()) return fail("@emergency is empty: [site] emergency is not given");
      for (const std::string* number : numbers) visit(*read_number(*number));
      continue;
    }
    std::span<const std::string> members(&text, 1);
    if (text.starts_with('@')) {
      const auto* list = find_list(settings, text.substr(1));
      if (!list) return fail("there is no list \"{}\" in [lists]", text.substr(1));
      members = *list;
    }
    for (const std::string& member : members) {
      auto item = read_number(member);
      if (!item && &member != &text) return fail_with(item.error(), "{}", text);
      if (!item) return tl::unexpected(item.error());
      visit(std::move(*item));
    }
  }
  return {};
}

Result<NumberSet> NumberSet::make(const conf::Settings& settings, std::span<const std::string> texts) {
  NumberSet set;
  auto read = read_numbers(settings, texts, [&](NumberItem item) {
    if (item.expression) {
      set.expressions_.push_back(set.items_.size());
    } else {
      set.tree_.add(item.pattern, 0);
    }
    set.items_.push_back(std::move(item));
  });
  if (!read) return tl::unexpected(read.error());
  set.tree_.build();
  return set;
}

bool NumberSet::contains(std::string_view number) const {
  bool is_found = false;
  tree_.match(number, [&](PatternTree::Value) { is_found = true; });
  return is_found || std::any_of(expressions_.begin(), expressions_.end(),
                                 [&](size_t i) { return matches(*items_[i].expression, number); });
}

bool NumberSet::may_overlap(const NumberSet& other) const {
  if (items_.size() > kMostCompared || other.items_.size() > kMostCompared) return true;
  return std::any_of(items_.begin(), items_.end(), [&](const NumberItem& a) {
    return std::any_of(other.items_.begin(), other.items_.end(), [&](const NumberItem& b) {
      return a.expression || b.expression || a.pattern.overlaps(b.pattern);
    });
  });
}

bool NumberSet::is_everything() const {
  return std::any_of(items_.begin(), items_.end(), [](const NumberItem& item) {
    return !item.expression && item.pattern.is_open && item.pattern.places.empty();
  });
}

bool NumberSet::covers(const NumberSet& other) const {
  if (items_.size() > kMostCompared || other.items_.size() > kMostCompared) return false;
  return std::all_of(other.items_.begin(), other.items_.end(), [&](const NumberItem& b) {
    return std::any_of(items_.begin(), items_.end(), [&](const NumberItem& a) {
      if (a.expression || b.expression) return *a.text == *b.text;
      return a.pattern.covers(b.pattern);
    });
  });
}

}  // namespace sg::route
