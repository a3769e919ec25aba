#include "conf/csv.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace sg::conf {

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
  return file;
}

Result<bool> CsvFile::next(std::vector<std::string>& fields) {
  fields.clear();
  // Comments and empty lines.
  while (at_ < text_.size() && (text_[at_] == '#' || text_[at_] == '\n' || text_[at_] == '\r')) {
    at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    end_line();
  }
  if (at_ >= text_.size()) return false;
  row_line_ = line_;
  std::string field;
  for (;;) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    field.clear();
    if (at_ < text_.size() && text_[at_] == '"') {
      const int opened = line_;
      for (++at_;; ++at_) {
        if (at_ >= text_.size()) return fail("{}:{}: a quote is opened and never closed", path_, opened);
        if (text_[at_] == '"' && (at_ + 1 >= text_.size() || text_[at_ + 1] != '"')) break;
        if (text_[at_] == '"') ++at_;  // two are one in the text
        line_ += text_[at_] == '\n';
        field += text_[at_];
      }
      ++at_;
      const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
      if (!trimmed(std::string_view(text_).substr(at_, end - at_)).empty()) {
        return fail("{}:{}: something stands after a closing quote", path_, line_);
      }
      at_ = end;
    } else {
      const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
      field = trimmed(std::string_view(text_).substr(at_, end - at_));
      at_ = end;
    }
    fields.push_back(field);
    if (at_ >= text_.size() || text_[at_] != ',') break;
    ++at_;
  }
  end_line();
  return true;
}

// CR LF, either alone, or the end of the file.
void CsvFile::end_line() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') ++at_;
  ++line_;
}

}  // namespace sg::conf
