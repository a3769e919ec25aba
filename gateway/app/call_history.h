#pragma once

#include <memory>
#include <string>

#include "base/counters.h"
#include "conf/settings.h"
#include "gateway/fax/fax_memory.h"
#include "gateway/records/fax_archive.h"
#include "gateway/records/writer.h"

namespace sg::app {

// What is kept of calls: their records in a file, the latest faxes for people who ask, and how faxes went to each
// number. Owned by the Application; signalling thread only.
class CallHistory {
 public:
  // Error: the records' file cannot be opened. Calls go on without the fax memory.
  static Result<std::unique_ptr<CallHistory>> open(const conf::Settings& settings, Counters& counters);

  // Of a call that has begun, or was answered, as far as it has come; then of the same when it is over.
  void begin(const call::Record& record) {
    if (writer_) writer_->begin(record);
  }
  void add(const call::Record& record);
  // Log rotation.
  void reopen();

  // Null: no records are kept. They outlive all calls, by whose numbers they go on after a restart.
  const records::Writer* writer() const { return writer_.get(); }
  const records::FaxArchive& faxes() const { return faxes_; }
  // Null: nothing is remembered, and why, where a file is named.
  fax::FaxMemory* fax_memory() const { return fax_memory_.get(); }
  const std::string& fax_memory_error() const { return fax_memory_error_; }

 private:
  CallHistory(size_t most_faxes, Counters& counters) : counters_(counters), faxes_(most_faxes) {}
  void open_fax_memory(const std::string& file);

  Counters& counters_;
  records::FaxArchive faxes_;
  std::unique_ptr<records::Writer> writer_;
  std::unique_ptr<fax::FaxMemory> fax_memory_;
  std::string fax_memory_error_;
};

}  // namespace sg::app
