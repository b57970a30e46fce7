#include "sctab/formats/byte_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sctab/core/numbers.hpp"

namespace sctab::formats {

std::span<const std::byte> ByteCursor::take(std::uint64_t n) {
  if (n > bytes_.size() - position_) {
    const auto n_missing = static_cast<std::int64_t>(n - (bytes_.size() - position_));
    refuse(fmt::format("{} missing at byte {}", core::plural(n_missing, "byte is", "bytes are"), position_));
  }
  const auto taken = bytes_.subspan(position_, n);
  position_ += taken.size();
  return taken;
}

void ByteCursor::refuse(std::string found) const {
  core::Problem problem = place_;
  problem.found = std::move(found);
  if (problem.next_step.empty()) problem.next_step = "copy or download the file again; it is cut off or damaged";
  throw core::InputError(std::move(problem));
}

std::string_view ByteCursor::text(std::uint64_t n) {
  const auto bytes = take(n);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view ByteCursor::line() {
  const auto rest = bytes_.subspan(position_);
  const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
  if (end == rest.end()) {
    refuse(fmt::format("no line end after byte {}", position_));
  }
  const std::string_view found = text(static_cast<std::uint64_t>(end - rest.begin()));
  ++position_;
  return found;
}

}  // namespace sctab::formats
