#include "conf/rates.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "conf/csv.h"
#include "conf/dates.h"

namespace sg::conf {
namespace {

constexpr size_t kNone = SIZE_MAX;

std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

struct RateColumns {
  size_t prefix = kNone, price = kNone, from = kNone;

  // The first column of each name counts.
  explicit RateColumns(const std::vector<std::string>& heading) {
    for (size_t i = heading.size(); i-- > 0;) {
      const std::string name = in_small_letters(heading[i]);
      if (name == "prefix" || name == "code") prefix = i;
      if (name == "price" || name == "rate") price = i;
      if (name == "from" || name == "effective") from = i;
    }
  }
};

Result<std::string> prefix_of(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.ends_with('*')) digits.remove_suffix(1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos || (digits.empty() && text != "*")) {
    return fail("\"{}\" is no prefix such as \"4420\", nor \"*\" for all", text);
  }
  return digits.empty() ? std::string() : "+" + std::string(digits);
}

// "0.012"; "0,012" as half of the world writes it.
Result<double> price_of(std::string text) {
  if (text.find('.') == std::string::npos) std::ranges::replace(text, ',', '.');
  double price = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), price);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(price) || price < 0) {
    return fail("\"{}\" is no price such as \"0.012\"", text);
  }
  return price;
}

Result<Price> rate_of(const RateColumns& columns, const std::vector<std::string>& row) {
  if (row.size() <= std::max(columns.prefix, columns.price)) return fail("prefix or price is missing");
  auto prefix = prefix_of(row[columns.prefix]);
  if (!prefix) return tl::unexpected(prefix.error());
  auto price = price_of(row[columns.price]);
  if (!price) return tl::unexpected(price.error());
  Price rate{"", std::move(*prefix), *price};
  if (columns.from != kNone && columns.from < row.size() && !row[columns.from].empty()) {
    auto from = parse_date(row[columns.from]);
    if (!from) return tl::unexpected(from.error());
    rate.from = *from;
  }
  return rate;
}

}  // namespace

Result<std::vector<Price>> read_rates(const std::filesystem::path& path) {
  auto file = CsvFile::open(path);
  if (!file) return tl::unexpected(file.error());
  std::vector<std::string> fields;
  auto more = file->next(fields);
  if (!more) return tl::unexpected(more.error());
  if (!*more) return fail("{} has no heading: the first line is to name the columns, \"prefix,price\"", path.string());
  const RateColumns columns(fields);
  if (columns.prefix == kNone || columns.price == kNone) {
    return fail("{}:{}: there is no column \"{}\": the first line is to name the columns, \"prefix,price\"",
                path.string(), file->line(), columns.prefix == kNone ? "prefix" : "price");
  }
  std::vector<Price> rates;
  while ((more = file->next(fields)) && *more) {
    auto rate = rate_of(columns, fields);
    if (!rate) return fail_with(rate.error(), "{}:{}", path.string(), file->line());
    rates.push_back(std::move(*rate));
  }
  if (!more) return tl::unexpected(more.error());
  if (rates.empty()) return fail("{} has no rows below its heading", path.string());
  return rates;
}

}  // namespace sg::conf
