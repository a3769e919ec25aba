#include "gateway/fax/fax_memory.h"

#include <sqlite3.h>

#include <algorithm>
#include <concepts>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "base/task_thread.h"

namespace sg::fax {
namespace {

constexpr int kSchema = 3;  // user_version of the file
constexpr const char* kCreate = R"(
  CREATE TABLE fax_number (
    trunk TEXT NOT NULL, number TEXT NOT NULL, transport TEXT NOT NULL, asked_by TEXT NOT NULL,
    bit_rate INTEGER NOT NULL, ecm INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL,
    failed_in_a_row INTEGER NOT NULL DEFAULT 0, delivered_in_a_row INTEGER NOT NULL DEFAULT 0,
    t38_use TEXT NOT NULL DEFAULT 'usual', because TEXT NOT NULL DEFAULT '', t38_use_since INTEGER NOT NULL DEFAULT 0,
    top_speed INTEGER NOT NULL DEFAULT 0, without_ecm INTEGER NOT NULL DEFAULT 0, held_since INTEGER NOT NULL DEFAULT 0,
    is_trial INTEGER NOT NULL DEFAULT 0, setbacks INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL,
    PRIMARY KEY (trunk, number)) WITHOUT ROWID;
  PRAGMA user_version = 3;
)";
// Version 1 took every failure for the machines': what was held back for it is not taken over.
constexpr const char* kColumnsOf1 = "transport, asked_by, bit_rate, ecm, delivered, failed, last";
constexpr const char* kColumns =
    "trunk, number, transport, asked_by, bit_rate, ecm, delivered, failed, failed_in_a_row, delivered_in_a_row, "
    "t38_use, because, t38_use_since, top_speed, without_ecm, held_since, is_trial, setbacks, last";
constexpr const char* kColumnsOf2 =
    "transport, asked_by, bit_rate, ecm, delivered, failed, failed_in_a_row, delivered_in_a_row, t38_use, because, "
    "t38_use_since, top_speed, without_ecm, held_since, is_trial, setbacks, last";

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
  template <std::integral Value>
  Statement& bind(Value value) {
    sqlite3_bind_int64(statement_.get(), ++at_, static_cast<int64_t>(value));
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
  Statement insert(database, fmt::format("INSERT OR REPLACE INTO fax_number ({}) VALUES "
                                         "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                         kColumns));
  insert.bind(known.trunk)
      .bind(known.number)
      .bind(std::string(name_of(known.transport)))
      .bind(std::string(name_of(known.asked_by)));
  insert.bind(known.bit_rate).bind(known.ecm).bind(known.delivered).bind(known.failed);
  insert.bind(known.failed_in_a_row).bind(known.delivered_in_a_row);
  insert.bind(std::string(name_of(known.t38_use))).bind(known.because).bind(seconds_of(known.t38_use_since));
  insert.bind(known.top_speed).bind(known.without_ecm).bind(seconds_of(known.held_since));
  insert.bind(known.is_trial).bind(known.setbacks).bind(seconds_of(known.last));
  return insert.step();
}

bool run(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

// All or none.
int write_all(sqlite3* database, const std::vector<FaxExperience>& numbers) {
  if (!run(database, "BEGIN")) return SQLITE_ERROR;
  for (const FaxExperience& known : numbers) {
    if (int status = write(database, known); status != SQLITE_DONE) {
      run(database, "ROLLBACK");
      return status;
    }
  }
  return run(database, "COMMIT") ? SQLITE_DONE : SQLITE_ERROR;
}

FaxExperience read(Statement& row) {
  int column = 0;
  auto number = [&] { return static_cast<int>(row.number(column++)); };
  auto flag = [&] { return row.number(column++) != 0; };
  auto text = [&] { return row.text(column++); };
  auto time = [&] { return call::WallTime(std::chrono::seconds(row.number(column++))); };
  FaxExperience known;
  known.trunk = text();
  known.number = text();
  known.transport = transport_named(text()).value_or(FaxExperience::Transport::Unknown);
  known.asked_by = asked_by_named(text()).value_or(FaxExperience::AskedBy::Nobody);
  known.bit_rate = number();
  known.ecm = flag();
  known.delivered = number();
  known.failed = number();
  known.failed_in_a_row = number();
  known.delivered_in_a_row = number();
  known.t38_use = t38_use_named(text()).value_or(FaxExperience::T38Use::Usual);
  known.because = text();
  known.t38_use_since = time();
  known.top_speed = number();
  known.without_ecm = flag();
  known.held_since = time();
  known.is_trial = flag();
  known.setbacks = std::clamp(number(), 0, FaxExperience::kMostSetbacks);
  known.last = time();
  return known;
}

std::optional<int64_t> version_of(sqlite3* database) {
  Statement version(database, "PRAGMA user_version");
  if (version.step() != SQLITE_ROW) return std::nullopt;
  return version.number(0);
}

// Until version 2 a number that was imported with a + was another than the one that calls have; the newer stays.
std::string upgrade(int64_t version) {
  return fmt::format(
      "INSERT OR REPLACE INTO fax_number (trunk, number, {0}) "
      "SELECT trunk, ltrim(number, '+'), {0} FROM fax_number_before ORDER BY last;"
      "DROP TABLE fax_number_before;",
      version == 1 ? kColumnsOf1 : kColumnsOf2);
}

// False: the database says why.
bool bring_up_to_date(sqlite3* database, int64_t version) {
  if (version == kSchema) return true;
  if (!run(database, "BEGIN")) return false;
  const bool is_done = version == 0 ? run(database, kCreate)
                                    : run(database, "ALTER TABLE fax_number RENAME TO fax_number_before") &&
                                          run(database, kCreate) && run(database, upgrade(version).c_str());
  // Not committed: closing it undoes all.
  return is_done && run(database, "COMMIT");
}

}  // namespace

// The database, and the thread that writes to it.
class FaxMemory::File {
 public:
  File(std::string file, Database database, Counters& counters)
      : file_(std::move(file)), database_(std::move(database)), errors_(counters.get("fax_memory.errors")) {}

  std::string trouble() {
    std::lock_guard lock(mutex_);
    return trouble_;
  }
  void put(FaxExperience known) {
    add([known = std::move(known)](sqlite3* database) { return write(database, known); });
  }
  void put_all(std::vector<FaxExperience> numbers) {
    add([numbers = std::move(numbers)](sqlite3* database) { return write_all(database, numbers); });
  }
  void remove(std::string trunk, std::string number) {
    add([trunk = std::move(trunk), number = std::move(number)](sqlite3* database) {
      return Statement(database, "DELETE FROM fax_number WHERE trunk = ? AND number = ?")
          .bind(trunk)
          .bind(number)
          .step();
    });
  }

 private:
  using Job = std::function<int(sqlite3*)>;

  void add(Job job) {
    thread_.post([this, job = std::move(job)] { run(job); });
  }
  void run(const Job& job) {
    std::string trouble;
    if (job(database_.get()) != SQLITE_DONE) {
      errors_.add();
      trouble = sqlite3_errmsg(database_.get());
      log_.error("cannot write to {}: {}", file_, trouble);
    }
    std::lock_guard lock(mutex_);
    trouble_ = std::move(trouble);
  }

  const std::string file_;
  const Log log_;
  Database database_;
  Counter& errors_;
  std::mutex mutex_;
  std::string trouble_;
  TaskThread thread_;  // last: its tasks use all of the above
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

  const auto version = version_of(database.get());
  if (!version) return refuse();
  if (*version > kSchema) return fail("fax memory {}: written by a newer version of Spangate", file);
  if (!bring_up_to_date(database.get(), *version)) return refuse();
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

void FaxMemory::learn(const call::Record& record, RuleId rule, call::WallTime now) {
  if (!record.fax || !record.answered) return;
  learn(record, media::Side::A, rule, now);
  if (!record.called.empty()) learn(record, media::Side::B, rule, now);
}

void FaxMemory::learn(const call::Record& record, media::Side side, RuleId rule, call::WallTime now) {
  const call::LegRecord& leg = side == media::Side::A ? record.caller : record.called.back();
  const std::string number = remembered_form(side == media::Side::A ? leg.calling : leg.called);
  if (number.empty() || leg.kind != call::MediaKind::Ip) return;
  const std::pair key(leg.trunk, number);
  FaxExperience known{.trunk = leg.trunk, .number = number};
  auto found = known_.find(key);
  if (found != known_.end() && !found->second.is_forgotten(now)) known = found->second;
  if (!known.learn(record, leg, side, rule, now)) return;
  if (found == known_.end() && !has_room(1, now)) return;
  known_.insert_or_assign(key, known);
  file_->put(std::move(known));
}

// Makes room by what is past remembering, where there is such.
bool FaxMemory::has_room(size_t more, call::WallTime now) {
  if (known_.size() + more <= kMostNumbers) return true;
  std::erase_if(known_, [&](const auto& each) { return each.second.is_forgotten(now); });
  return known_.size() + more <= kMostNumbers;
}

Result<FaxMemory::Imported> FaxMemory::import(std::vector<FaxExperience> numbers, call::WallTime now) {
  const size_t given = numbers.size();
  for (FaxExperience& each : numbers) each.number = remembered_form(each.number);
  std::erase_if(numbers, [&](const FaxExperience& each) {
    auto found = known_.find({each.trunk, each.number});
    return each.is_forgotten(now) || (found != known_.end() && found->second.last > each.last);
  });
  auto is_new = [&](const FaxExperience& each) { return !known_.contains({each.trunk, each.number}); };
  if (!has_room(static_cast<size_t>(std::ranges::count_if(numbers, is_new)), now)) {
    return fail("no more than {} numbers are remembered", kMostNumbers);
  }
  for (const FaxExperience& each : numbers) known_.insert_or_assign({each.trunk, each.number}, each);
  const Imported imported{numbers.size(), given - numbers.size()};
  file_->put_all(std::move(numbers));
  return imported;
}

void FaxMemory::apply(const std::string& trunk, const std::string& number, call::MediaPolicy& policy,
                      call::WallTime now) const {
  if (auto found = known_.find({trunk, remembered_form(number)}); found != known_.end())
    found->second.apply(policy, now);
}

std::vector<FaxExperience> FaxMemory::page(const std::string& trunk, const std::string& number, size_t most,
                                           call::WallTime now) const {
  std::vector<FaxExperience> numbers;
  for (auto at = known_.upper_bound({trunk, number}); at != known_.end() && numbers.size() < most; ++at) {
    if (!at->second.is_forgotten(now)) numbers.push_back(at->second);
  }
  return numbers;
}

bool FaxMemory::forget(const std::string& trunk, const std::string& number) {
  const auto form = remembered_form(number);
  if (known_.erase({trunk, form}) == 0) return false;
  file_->remove(trunk, form);
  return true;
}

std::string FaxMemory::trouble() const {
  return file_->trouble();
}

std::set<std::string> FaxMemory::trunks() const {
  std::set<std::string> names;
  for (const auto& [key, known] : known_) names.insert(key.first);
  return names;
}

}  // namespace sg::fax
