#include "sctab/formats/parquet/parquet.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "sctab/core/error.hpp"

namespace sctab::parquet {

bool is_parquet(const std::filesystem::path& path) {
  constexpr std::string_view kMagic = "PAR1";
  std::array<char, kMagic.size()> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == kMagic;
}

void require_available(const std::filesystem::path& path) {
  if (is_available()) return;
  throw core::InputError({.file = path.string(),
                          .found = "is Parquet, which this sctab cannot read: it was built without DuckDB",
                          .next_step = "run tools/install-dependencies.sh and build again"});
}

}  // namespace sctab::parquet
