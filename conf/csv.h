#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct csv_parser;

namespace sg::conf {

// A file of comma-separated values (RFC 4180), as spreadsheets save it: fields may stand in quotes, the file may begin
// with a byte order mark, and semicolons or tabs may separate, where the first row has them and no comma. Lines that
// are empty or begin with # are comments; spaces around fields do not count. libcsv reads the fields; which line a row
// stands in is known here.
class CsvFile {
 public:
  // Error: it cannot be read, is empty, or is something else than CSV.
  static Result<CsvFile> open(const std::filesystem::path& path);

  // False: there are no more rows. Error: a quote where RFC 4180 has none, or one that is not closed.
  Result<bool> next(std::vector<std::string>& fields);
  // Of the row that was read last: where it begins, from 1.
  int line() const { return row_line_; }
  const std::string& path() const { return path_; }

 private:
  std::string_view take_line();
  Error misplaced_quote() const;

  struct FreeParser {
    void operator()(csv_parser* parser) const;
  };
  std::unique_ptr<csv_parser, FreeParser> parser_;
  std::string path_;
  std::string text_;
  size_t at_ = 0;
  int line_ = 0, row_line_ = 0;  // line_: that of the last take_line()
};

}  // namespace sg::conf
