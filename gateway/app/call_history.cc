#include "gateway/app/call_history.h"

#include "base/log.h"
#include "gateway/fax/fax_verdict.h"

namespace sg::app {

Result<std::unique_ptr<CallHistory>> CallHistory::open(const conf::Settings& settings, Counters& counters) {
  std::unique_ptr<CallHistory> history(new CallHistory(static_cast<size_t>(settings.fax.keep), counters));
  history->open_fax_memory(settings.fax.memory);
  if (settings.records.file.empty()) return history;
  auto writer = records::Writer::open(settings.records.file, counters);
  if (!writer) return tl::unexpected(writer.error());
  history->writer_ = std::move(*writer);
  return history;
}

void CallHistory::open_fax_memory(const std::string& file) {
  if (file.empty()) return;
  auto memory = fax::FaxMemory::open(file, counters_, std::chrono::system_clock::now());
  if (!memory) {
    fax_memory_error_ = memory.error().message;
    return Log().error("nothing is remembered of fax numbers: {}", fax_memory_error_);
  }
  fax_memory_ = std::move(*memory);
}

void CallHistory::add(const call::Record& record) {
  if (record.fax) {
    const auto judged = fax::judge(record, counters_);
    faxes_.add(record);
    if (fax_memory_) fax_memory_->learn(record, judged.rule, std::chrono::system_clock::now());
  }
  if (writer_) writer_->write(record);
}

void CallHistory::reopen() {
  if (writer_) writer_->reopen();
}

}  // namespace sg::app
