#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sg::conf {

// A file of comma-separated values (RFC 4180), as spreadsheets save it: fields may stand in quotes, and the file may
// begin with a byte order mark. Lines that are empty or begin with # are comments; spaces around fields do not count.
class CsvFile {
 public:
  // Error: it cannot be read, is empty, or is something else than CSV.
  static Result<CsvFile> open(const std::filesystem::path& path);

  // False: there are no more rows. The fields live until the next one. Error: a quote that is not closed.
  Result<bool> next(std::vector<std::string>& fields);
  // Of the row that was read last: where it begins, from 1.
  int line() const { return row_line_; }
  const std::string& path() const { return path_; }

 private:
  void end_line();

  std::string path_;
  std::string text_;
  size_t at_ = 0;
  int line_ = 1, row_line_ = 0;
};

}  // namespace sg::conf
