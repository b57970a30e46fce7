#include "support/failing_memory.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace sctab::tests {
namespace {

std::atomic<long> left{0};  // allocations, the last of which fails; 0 or less: none will
thread_local bool is_spared = false;

}  // namespace

FailingMemory::FailingMemory(long n) {
  is_spared = true;
  left = n;
}

FailingMemory::~FailingMemory() {
  left = 0;
  is_spared = false;
}

bool FailingMemory::has_failed() const {
  return left <= 0;
}

}  // namespace sctab::tests

void* operator new(std::size_t n_bytes) {
  using sctab::tests::left;
  const bool fails = left > 0 && !sctab::tests::is_spared && --left == 0;
  void* const memory = fails ? nullptr : std::malloc(n_bytes == 0 ? 1 : n_bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*n_bytes*/) noexcept {
  std::free(memory);
}
