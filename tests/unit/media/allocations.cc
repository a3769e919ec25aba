#include "tests/unit/media/allocations.h"

#include <cstdlib>
#include <new>

namespace {

thread_local bool is_counting = false;
thread_local int allocations = 0;

void* allocate(size_t octets) {
  allocations += is_counting;
  if (void* memory = std::malloc(octets)) return memory;
  throw std::bad_alloc();
}

}  // namespace

namespace sg {

void start_counting_allocations() {
  allocations = 0;
  is_counting = true;
}

int stop_counting_allocations() {
  is_counting = false;
  return allocations;
}

}  // namespace sg

void* operator new(size_t octets) {
  return allocate(octets);
}
void* operator new[](size_t octets) {
  return allocate(octets);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
