#pragma once

namespace sctab::tests {

/// Lets the nth allocation from now on fail, counted from 1 over all threads but that which made this. One at a time;
/// for a test that links failing_memory.cpp.
class FailingMemory {
 public:
  explicit FailingMemory(long n);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  [[nodiscard]] bool has_failed() const;
};

}  // namespace sctab::tests
