#include "sctab/formats/cells_with_results.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/converted_file.hpp"

namespace sctab::formats {

std::unique_ptr<CellSink> begin_cells_with_results(const CellSource& source, const ResultsTarget& target,
                                                   const CountsSource& counts) {
  constexpr std::string_view kH5ad = ".h5ad";
  const std::string_view own = source.copy_ending();
  if (target.ending == own) return source.copy_to(target.path);
  if (target.ending == kH5ad) return h5ad::convert(source, target.path, {.counts = counts});
  const bool has_own = !own.empty() && own != kH5ad;
  throw core::InputError(
      {.file = target.shown.string(),
       .found = fmt::format("cannot be made of {}, which is of another format", source.path().string()),
       .expected = has_own ? fmt::format("{} or {}", kH5ad, own) : std::string(kH5ad)});
}

}  // namespace sctab::formats
