#include "sctab/formats/parquet/parquet.hpp"

#include <array>
#include <fstream>
#include <system_error>

namespace sctab::parquet {

bool is_parquet(const std::filesystem::path& path) {
  constexpr std::string_view kMagic = "PAR1";
  std::error_code missing;
  if (!std::filesystem::is_regular_file(path, missing)) return false;  // a pipe can be read once only
  std::array<char, kMagic.size()> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == kMagic;
}

bool is_available() {
  return library_version().has_value();
}

}  // namespace sctab::parquet
