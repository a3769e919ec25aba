#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/settings.h"
#include "conf/sources.h"

namespace sg::conf {

// The faults found in a configuration, and the lines where its keys stand (conf/sources.h).
class Faults {
 public:
  // `sources` outlive the faults.
  explicit Faults(const Sources& sources) : sources_(sources) {}

  // `title` is the section as written, "[span.1]"; `key` is empty for the section itself.
  void place(std::string_view title, std::string_view key, int line) {
    lines_[{std::string(title), std::string(key)}] = line;
  }
  void add(int line, std::string_view title, std::string_view key, std::string_view reason, std::string_view help = "");
  // The line is that of the key, or of its section where the key is not written.
  void add(std::string_view title, std::string_view key, std::string_view reason);

  bool none() const { return found_.empty(); }
  // Where keys stand, for those who find out later: not of what there may be a hundred thousand of.
  Places places() const;
  // All of them, by line.
  Error error() const;

 private:
  const Sources& sources_;
  Places lines_;
  std::vector<std::pair<int, std::string>> found_;
};

}  // namespace sg::conf
