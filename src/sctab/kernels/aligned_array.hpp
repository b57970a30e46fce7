#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace sctab::kernels {

/// Memory that starts where a cache line does, so that no vector load takes two lines. Not set to anything: whoever
/// writes to it first brings its pages in, on all threads where the work is.
template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size) : values_(static_cast<T*>(::operator new[](size * sizeof(T), kAlignment))) {}

  [[nodiscard]] T* data() { return values_.get(); }
  [[nodiscard]] const T* data() const { return values_.get(); }
  [[nodiscard]] bool empty() const { return values_ == nullptr; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(T* values) const { ::operator delete[](values, kAlignment); }
  };
  std::unique_ptr<T[], Free> values_;
};

}  // namespace sctab::kernels
