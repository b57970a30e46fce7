#include <fmt/format.h>

#include <array>
#include <fstream>

#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/reader.hpp"

namespace sctab::parquet {

bool is_parquet(const std::filesystem::path& path) {
  constexpr std::string_view kMagic = "PAR1";
  std::array<char, kMagic.size()> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == kMagic;
}

void require_available(const std::filesystem::path& path) {
  if (is_available()) return;
  throw core::InputError(
      fmt::format("{}: is Parquet, and this sctab was built without DuckDB, which reads it; run "
                  "tools/install-dependencies.sh and build again",
                  path.string()));
}

}  // namespace sctab::parquet
