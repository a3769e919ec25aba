#pragma once

// A program with allocations.cc has an operator new that counts.
namespace sg {

void start_counting_allocations();
// How many this thread made since it started; the counting ends.
int stop_counting_allocations();

template <class Act>
int allocations_of(Act act) {
  start_counting_allocations();
  act();
  return stop_counting_allocations();
}

}  // namespace sg
