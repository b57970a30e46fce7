#include "sctab/published/byte_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"

namespace sctab::published {

std::span<const std::byte> ByteCursor::take(std::uint64_t n) {
  if (n > bytes_.size() - position_) {
    throw core::InputError(fmt::format("{}: {} bytes wanted at byte {}, {} are left; the file is cut off or damaged",
                                       what_, n, position_, bytes_.size() - position_));
  }
  const auto taken = bytes_.subspan(position_, n);
  position_ += taken.size();
  return taken;
}

std::string_view ByteCursor::text(std::uint64_t n) {
  const auto bytes = take(n);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view ByteCursor::line() {
  const auto rest = bytes_.subspan(position_);
  const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
  if (end == rest.end()) {
    throw core::InputError(
        fmt::format("{}: no line end after byte {}; the file is cut off or damaged", what_, position_));
  }
  const std::string_view found = text(static_cast<std::uint64_t>(end - rest.begin()));
  ++position_;
  return found;
}

}  // namespace sctab::published
