#include "conf/csv.h"

#include <csv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace sg::conf {
namespace {

// What libcsv tells of the row that is being read.
struct CsvRow {
  std::vector<std::string>& fields;
  bool is_whole = false;

  static void on_field(void* text, size_t octets, void* row) {
    static_cast<CsvRow*>(row)->fields.emplace_back(static_cast<const char*>(text), octets);
  }
  static void on_end(int, void* row) { static_cast<CsvRow*>(row)->is_whole = true; }
};

// As the first row has it: spreadsheets of many countries write semicolons, some programs tabs.
unsigned char separator_of(std::string_view text) {
  std::string_view row;
  while (!text.empty() && (row.empty() || row.starts_with('#'))) {
    row = text.substr(0, text.find_first_of("\r\n"));
    text.remove_prefix(std::min(row.size() + 1, text.size()));
  }
  for (char separator : {',', ';', '\t'}) {
    if (row.find(separator) != std::string_view::npos) return static_cast<unsigned char>(separator);
  }
  return ',';
}

}  // namespace

void CsvFile::FreeParser::operator()(csv_parser* parser) const {
  ::csv_free(parser);
  delete parser;
}

Result<CsvFile> CsvFile::open(const std::filesystem::path& path) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  CsvFile file;
  file.path_ = path.string();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return fail("{} is a directory", file.path_);
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("{} cannot be read: {}", file.path_, std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();  // of an empty file it says that it failed
  file.text_ = std::move(text).str();
  if (file.text_.starts_with("\xFF\xFE") || file.text_.starts_with("\xFE\xFF")) {
    return fail("{} is UTF-16 text: save it as CSV in UTF-8", file.path_);
  }
  if (file.text_.starts_with("PK\x03\x04")) return fail("{} is a spreadsheet: save it as CSV", file.path_);
  if (file.text_.starts_with(kByteOrderMark)) file.at_ = kByteOrderMark.size();
  if (file.text_.find_first_not_of(" \t\r\n", file.at_) == std::string::npos) return fail("{} is empty", file.path_);
  file.parser_.reset(new csv_parser);
  ::csv_init(file.parser_.get(), CSV_STRICT | CSV_STRICT_FINI);
  ::csv_set_delim(file.parser_.get(), separator_of(std::string_view(file.text_).substr(file.at_)));
  return file;
}

Result<bool> CsvFile::next(std::vector<std::string>& fields) {
  fields.clear();
  CsvRow row{fields};
  bool is_begun = false;
  while (!row.is_whole && at_ < text_.size()) {
    std::string_view line = take_line();
    bool is_comment_or_empty = line[0] == '#' || line[0] == '\r' || line[0] == '\n';
    if (!is_begun && is_comment_or_empty) continue;
    if (!is_begun) row_line_ = line_;
    is_begun = true;
    size_t read = ::csv_parse(parser_.get(), line.data(), line.size(), CsvRow::on_field, CsvRow::on_end, &row);
    if (read != line.size()) return tl::unexpected(misplaced_quote());
  }
  if (!row.is_whole && ::csv_fini(parser_.get(), CsvRow::on_field, CsvRow::on_end, &row) != 0) {
    return fail("{}:{}: a quote is opened and never closed", path_, row_line_);
  }
  return row.is_whole;
}

// With its end: CR LF, or either alone.
std::string_view CsvFile::take_line() {
  size_t end = std::min(text_.find_first_of("\r\n", at_), text_.size());
  end += text_.compare(end, 2, "\r\n") == 0 ? 2 : 1;
  auto line = std::string_view(text_).substr(at_, end - at_);
  at_ += line.size();
  ++line_;
  return line;
}

Error CsvFile::misplaced_quote() const {
  return Error{fmt::format("{}:{}: {}", path_, line_,
                           parser_->quoted ? "something stands after a closing quote"
                                           : "a quote within a field that does not begin with one")};
}

}  // namespace sg::conf
