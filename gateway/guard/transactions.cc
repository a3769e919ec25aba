#include "gateway/guard/transactions.h"

namespace sg::guard {

void Transactions::open(const TransactionKey& key, TimePoint now) {
  expire(now);
  (*open_)[key.call] = Entry{.branch = key.branch, .ends = now + life_};
  due_->push_back({now + life_, key.call});
}

bool Transactions::knows(const TransactionKey& key, TimePoint now) {
  expire(now);
  auto found = open_->find(key.call);
  return found != open_->end() && found->second.branch == key.branch;
}

bool Transactions::close(const TransactionKey& key, TimePoint now) {
  expire(now);
  return open_->erase(key.call) > 0;
}

size_t Transactions::size(TimePoint now) {
  expire(now);
  return open_->size();
}

void Transactions::expire(TimePoint now) {
  for (; !due_->empty() && due_->front().at <= now; due_->pop_front()) {
    // It may have been closed and opened anew meanwhile.
    auto found = open_->find(due_->front().call);
    if (found != open_->end() && found->second.ends <= now) open_->erase(found);
  }
  // The memory of a flood's peak is given back with it.
  if (!due_->empty() || !open_->empty() || open_->bucket_count() <= 4096) return;
  open_.reset();
  due_.reset();
  memory_.release();
  open_.emplace(&memory_);
  due_.emplace(&memory_);
}

}  // namespace sg::guard
