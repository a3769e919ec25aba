#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg::records {

// The file of call records and those that log rotation made of it, the newest first: FILE.1, FILE.2.gz, FILE-20260301,
// and with its extension last, NAME-20260301.jsonl. Empty: there is none.
std::vector<std::string> files_of(const std::string& file);

// Each line of a file, which gzip may have compressed, without its end. Error: it cannot be read, or not to its end.
Result<> for_each_line(const std::string& file, const std::function<void(const std::string&)>& take);

// The lines written lately: of the newest of files_of() and the one before, of large ones the end. What cannot be read
// is passed over.
void for_each_recent_line(const std::string& file, const std::function<void(const std::string&)>& take);

// The number of the call that a line tells of; 0: it is no record.
uint64_t call_of(std::string_view line);
// Its "uid"; empty: it has none.
std::string_view uid_of(std::string_view line);

// The highest number of a call in the newest of files_of() that has any; 0: none has. Of a large file only the end is
// read: calls are written in the order in which they end, which is about that of their numbers.
uint64_t highest_call(const std::string& file);

}  // namespace sg::records
