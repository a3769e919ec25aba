#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "t38/fax_machine.h"

namespace sg::sgfax {

// How far a fax is, as one short line: "2 of 3 pages  66 %  14400 ECM  0:12 left". Of a document that is being received
// nobody knows how much there is: "2 pages  14400 ECM  1:05". A value; told the time.
class ProgressLine {
 public:
  // `pages`, `octets`: of the document that is sent; 0: none is. T.30 tells nothing of a page while it travels, so its
  // time is that of the pages before it, and for the first one what so many octets take at this speed.
  ProgressLine(int pages, uint64_t octets) : pages_(pages), octets_(octets) {}

  std::string at(const t38::FaxProgress& progress, TimePoint now);

 private:
  // How long a page takes; not set: nobody knows yet.
  std::optional<Duration> page_takes(int bit_rate) const;

  int pages_;
  uint64_t octets_;
  std::optional<TimePoint> began_, page_began_;  // the first page; this one
  int sent_ = 0;                                 // pages that were confirmed
};

}  // namespace sg::sgfax
