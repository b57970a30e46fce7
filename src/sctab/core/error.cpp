#include "sctab/core/error.hpp"

#include <fmt/format.h>

namespace sctab::core {

void assertion_failed(const char* expression, const char* file, int line) {
  throw std::logic_error(
      fmt::format("bug in sctab: {}:{}: {} does not hold; please report it", file, line, expression));
}

}  // namespace sctab::core
