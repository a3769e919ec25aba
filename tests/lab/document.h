#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/bytes.h"

namespace sg::lab {

// A page as rows of pixels.
struct Page {
  uint32_t width = 0;
  std::vector<Bytes> rows;
  bool operator==(const Page&) const = default;
};

// Every page of a TIFF; none when it cannot be read.
std::vector<Page> read_pages(const std::filesystem::path& file);

// Writes a TIFF of so many pages, taken over and over from another. False: a file could not be read or written.
bool write_pages(const std::filesystem::path& from, int pages, const std::filesystem::path& to);

}  // namespace sg::lab
