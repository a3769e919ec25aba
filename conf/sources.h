#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sg::conf {

// The files that a configuration was read from. Lines are counted on from one file to the next, so that one number
// tells the file and the line in it; those of the first file are as they are.
class Sources {
 public:
  struct Place {
    std::string_view file;
    int line = 1;  // in that file
  };

  // Adds a file, and returns by how much its lines are counted on.
  int add(std::string file, std::string_view text);
  bool is_empty() const { return files_.empty(); }
  Place at(int line) const;
  // "FILE:LINE".
  std::string where(int line) const;
  // The same for somebody who reads of it in `from`: "line 5", and in another file "FILE:5".
  std::string where_from(int from, int line) const;

 private:
  struct File {
    std::string name;
    int first = 0;  // lines before its own
  };
  std::vector<File> files_;
  int lines_ = 0;
};

}  // namespace sg::conf
