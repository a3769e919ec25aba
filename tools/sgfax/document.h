#pragma once

#include <filesystem>

#include "base/result.h"

namespace sg::sgfax {

// A document ready to be faxed. Removes what it made itself.
class Document {
 public:
  // A TIFF as it is, or a PDF by way of Ghostscript. Error: it cannot be read or converted.
  static Result<Document> open(const std::filesystem::path& file);
  Document(Document&& other) noexcept;
  Document& operator=(Document&&) = delete;
  ~Document();

  const std::filesystem::path& tiff() const { return tiff_; }
  int pages() const { return pages_; }

 private:
  Document() = default;

  std::filesystem::path tiff_;
  int pages_ = 0;
  bool is_ours_ = false;
};

}  // namespace sg::sgfax
