#include "sctab/published/text_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"

namespace sctab::published {
namespace {

bool is_utf8(const std::string& text) {
  try {
    nlohmann::json(text).dump();  // which refuses what is none
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace

std::string read_text_file(const std::filesystem::path& path, std::uint64_t most_bytes, std::string_view kind) {
  std::ifstream file(path, std::ios::binary);
  std::error_code failed;
  const std::uint64_t n_bytes = std::filesystem::file_size(path, failed);
  if (!file || failed) {
    throw core::InputError(fmt::format("{}: no such file, or it cannot be read; expected {}", path.string(), kind));
  }
  if (n_bytes > most_bytes) {
    throw core::InputError(
        fmt::format("{}: has {} bytes, expected {} of at most {}", path.string(), n_bytes, kind, most_bytes));
  }
  std::string text(n_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file || text.find('\0') != std::string::npos || !is_utf8(text)) {
    throw core::InputError(fmt::format("{}: is no UTF-8 text, expected {}", path.string(), kind));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

}  // namespace sctab::published
