#include <algorithm>
#include <stdexcept>
#include <string>

#include "fuzz/harnesses.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::fuzz {

void run_harness(void (*harness)(Bytes), Bytes bytes) {
  constexpr std::size_t kMostBytes = 1200;  // foreign text takes at most 300 of them
  core::set_memory_budget(200'000'000);     // far below what libFuzzer takes for a leak
  try {
    harness(bytes);
  } catch (const core::InputError& error) {
    const std::string message = error.what();
    const bool has_control = std::ranges::any_of(message, [](char c) { return c >= 0 && c < ' '; });
    if (message.empty() || message.size() > kMostBytes || has_control || !core::is_utf8(message)) {
      throw std::logic_error("a message that cannot be shown: " + message);
    }
  }
}

}  // namespace sctab::fuzz
