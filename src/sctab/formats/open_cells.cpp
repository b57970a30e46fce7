#include "sctab/formats/cell_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;

struct Format {
  std::string_view extension;
  std::string_view name;
  bool (*recognises)(const fs::path&);  // by content
  std::unique_ptr<CellSource> (*open)(const fs::path&);
};

template <typename Source>
std::unique_ptr<CellSource> open_as(const fs::path& path) {
  return std::make_unique<Source>(path);
}

constexpr std::array kFormats = {Format{".h5ad", "AnnData", h5ad::is_hdf5, open_as<h5ad::File>}};

}  // namespace

std::unique_ptr<CellSource> open_cells(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw core::InputError({.file = path.string(), .found = "no such file", .next_step = "check the path"});
  }
  auto format = std::ranges::find_if(kFormats, [&](const Format& known) { return known.recognises(path); });
  if (format == kFormats.end()) format = std::ranges::find(kFormats, path.extension().string(), &Format::extension);
  if (format != kFormats.end()) return format->open(path);
  std::vector<std::string> known;
  for (const Format& each : kFormats) known.push_back(fmt::format("{} ({})", each.extension, each.name));
  throw core::InputError(
      {.file = path.string(),
       .found = fs::is_directory(path) ? "is a folder, not a file" : "is not in a format that sctab reads",
       .expected = fmt::format("{}", fmt::join(known, " or "))});
}

}  // namespace sctab::formats
