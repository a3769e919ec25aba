#include "gateway/records/fax_memory.h"

#include <sqlite3.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"

namespace sg::records {
namespace {

constexpr int kSchema = 1;  // user_version of the file
constexpr const char* kCreate = R"(
  CREATE TABLE IF NOT EXISTS fax_number (
    trunk TEXT NOT NULL, number TEXT NOT NULL, transport TEXT NOT NULL, asked_by TEXT NOT NULL,
    bit_rate INTEGER NOT NULL, ecm INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL,
    failed_in_a_row INTEGER NOT NULL, step INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (trunk, number)) WITHOUT ROWID;
  PRAGMA user_version = 1;
)";
constexpr const char* kColumns =
    "trunk, number, transport, asked_by, bit_rate, ecm, delivered, failed, failed_in_a_row, step, last";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// Values of a statement from the first on.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
    statement_.reset(statement);
  }
  Statement& bind(const std::string& text) {
    sqlite3_bind_text(statement_.get(), ++at_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int64_t value) {
    sqlite3_bind_int64(statement_.get(), ++at_, value);
    return *this;
  }
  int step() { return statement_ ? sqlite3_step(statement_.get()) : SQLITE_ERROR; }
  std::string text(int column) {
    const auto* octets = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return octets ? octets : "";
  }
  int64_t number(int column) { return sqlite3_column_int64(statement_.get(), column); }

 private:
  std::unique_ptr<sqlite3_stmt, FinishStatement> statement_;
  int at_ = 0;
};

int64_t seconds_of(call::WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

int write(sqlite3* database, const FaxExperience& known) {
  Statement insert(database,
                   fmt::format("INSERT OR REPLACE INTO fax_number ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", kColumns));
  insert.bind(known.trunk).bind(known.number).bind(known.transport).bind(known.asked_by);
  insert.bind(int64_t{known.bit_rate}).bind(int64_t{known.ecm}).bind(int64_t{known.delivered});
  insert.bind(int64_t{known.failed}).bind(int64_t{known.failed_in_a_row}).bind(static_cast<int64_t>(known.step));
  return insert.bind(seconds_of(known.last)).step();
}

FaxExperience read(Statement& row) {
  FaxExperience known;
  known.trunk = row.text(0);
  known.number = row.text(1);
  known.transport = row.text(2);
  known.asked_by = row.text(3);
  known.bit_rate = static_cast<int>(row.number(4));
  known.ecm = row.number(5) != 0;
  known.delivered = static_cast<int>(row.number(6));
  known.failed = static_cast<int>(row.number(7));
  known.failed_in_a_row = static_cast<int>(row.number(8));
  const auto last_step = static_cast<int64_t>(FaxExperience::kLastStep);
  known.step = static_cast<FaxExperience::Step>(std::clamp<int64_t>(row.number(9), 0, last_step));
  known.last = call::WallTime(std::chrono::seconds(row.number(10)));
  return known;
}

}  // namespace

// The database, and the thread that writes to it.
class FaxMemory::File {
 public:
  File(std::string file, Database database, Counters& counters)
      : file_(std::move(file)),
        database_(std::move(database)),
        errors_(counters.get("fax_memory.errors")),
        thread_([this] { run(); }) {}
  ~File() {
    {
      std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void put(FaxExperience known) {
    add([known = std::move(known)](sqlite3* database) { return write(database, known); });
  }
  void remove(std::string number) {
    add([number = std::move(number)](sqlite3* database) {
      return Statement(database, "DELETE FROM fax_number WHERE number = ?").bind(number).step();
    });
  }

 private:
  using Job = std::function<int(sqlite3*)>;

  void add(Job job) {
    {
      std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      if (job(database_.get()) != SQLITE_DONE) {
        errors_.add();
        log_.error("cannot write to {}: {}", file_, sqlite3_errmsg(database_.get()));
      }
      lock.lock();
    }
  }

  const std::string file_;
  const Log log_;
  Database database_;
  Counter& errors_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool is_stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

FaxMemory::FaxMemory(std::unique_ptr<File> file) : file_(std::move(file)) {}
FaxMemory::~FaxMemory() = default;

Result<std::unique_ptr<FaxMemory>> FaxMemory::open(const std::string& file, Counters& counters, call::WallTime now) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open(file.c_str(), &opened);
  Database database(opened);
  auto refuse = [&] { return fail("fax memory {}: {}", file, sqlite3_errmsg(database.get())); };
  if (status != SQLITE_OK) return refuse();
  sqlite3_busy_timeout(database.get(), 2000);

  Statement version(database.get(), "PRAGMA user_version");
  if (version.step() != SQLITE_ROW) return refuse();
  if (version.number(0) > kSchema) return fail("fax memory {}: written by a newer version of Spangate", file);
  if (version.number(0) == 0 && sqlite3_exec(database.get(), kCreate, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return refuse();
  }
  const int64_t oldest = seconds_of(now - FaxExperience::kForgottenAfter);
  if (Statement(database.get(), "DELETE FROM fax_number WHERE last < ?").bind(oldest).step() != SQLITE_DONE) {
    return refuse();
  }

  std::map<std::pair<std::string, std::string>, FaxExperience> known;
  {
    Statement rows(database.get(), fmt::format("SELECT {} FROM fax_number ORDER BY last DESC", kColumns));
    while (rows.step() == SQLITE_ROW && known.size() < kMostNumbers) {
      FaxExperience one = read(rows);
      known.emplace(std::pair(one.trunk, one.number), std::move(one));
    }
  }
  std::unique_ptr<FaxMemory> memory(new FaxMemory(std::make_unique<File>(file, std::move(database), counters)));
  memory->known_ = std::move(known);
  return memory;
}

void FaxMemory::learn(const call::Record& record, call::WallTime now) {
  if (!record.fax || !record.answered) return;
  learn(record, record.caller, record.caller.calling, now);
  if (!record.called.empty()) learn(record, record.called.back(), record.called.back().called, now);
}

void FaxMemory::learn(const call::Record& record, const call::LegRecord& leg, const std::string& number,
                      call::WallTime now) {
  if (number.empty() || !leg.leg.starts_with("sip")) return;
  const std::pair key(leg.trunk, number);
  auto found = known_.find(key);
  if (found == known_.end()) {
    if (known_.size() >= kMostNumbers) {
      std::erase_if(known_, [&](const auto& each) { return each.second.is_forgotten(now); });
      if (known_.size() >= kMostNumbers) return;
    }
    found = known_.emplace(key, FaxExperience{.trunk = leg.trunk, .number = number}).first;
  }
  FaxExperience& known = found->second;
  if (known.delivered + known.failed > 0 && known.is_forgotten(now)) known = {.trunk = leg.trunk, .number = number};
  known.learn(record, leg, now);
  if (known.delivered + known.failed == 0) {
    known_.erase(found);
  } else {
    file_->put(known);
  }
}

void FaxMemory::apply(const std::string& trunk, const std::string& number, call::MediaPolicy& policy,
                      call::WallTime now) const {
  if (auto found = known_.find({trunk, number}); found != known_.end()) found->second.apply(policy, now);
}

std::vector<FaxExperience> FaxMemory::all(call::WallTime now) const {
  std::vector<FaxExperience> numbers;
  for (const auto& [key, known] : known_) {
    if (!known.is_forgotten(now)) numbers.push_back(known);
  }
  return numbers;
}

size_t FaxMemory::forget(const std::string& number) {
  const size_t forgotten = std::erase_if(known_, [&](const auto& each) { return each.first.second == number; });
  if (forgotten > 0) file_->remove(number);
  return forgotten;
}

}  // namespace sg::records
