#include "sctab/formats/cell_source.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <vector>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/formats/csv/table_source.hpp"
#include "sctab/formats/hdf5/opened_file.hpp"
#include "sctab/formats/mtx/find_parts.hpp"
#include "sctab/formats/mtx/folder.hpp"
#include "sctab/formats/open_hdf5.hpp"
#include "sctab/formats/seurat.hpp"
#include "sctab/formats/source_name.hpp"
#include "sctab/formats/unpacked_file.hpp"

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;

struct Format {
  std::string_view extension;
  std::string_view name;
  bool (*recognises)(const fs::path&);  // by content
  std::unique_ptr<CellSource> (*open)(const fs::path&, const OpenOptions&);
};

template <typename Source>
std::unique_ptr<CellSource> open_as(const fs::path& path, const OpenOptions& options) {
  return std::make_unique<Source>(path, options);
}

constexpr std::array kFormats = {
    Format{".h5ad", "AnnData", hdf5::is_hdf5, open_hdf5}, Format{".h5", "10x", hdf5::is_hdf5, open_hdf5},
    Format{".loom", "loom", hdf5::is_hdf5, open_hdf5},
    Format{".mtx", "next to barcodes.tsv and features.tsv; or their folder", mtx::recognises, open_as<mtx::Folder>},
    Format{".tar.gz", "of such a folder", mtx::recognises, open_as<mtx::Folder>}};
/// Asked last: a damaged file of another format may look like text.
constexpr Format kText = {".csv", "or .tsv or .txt, a table of text", csv::is_table, open_as<csv::TableSource>};

/// Whether a file is named so, gzipped or not.
bool has_ending(const fs::path& path, std::string_view ending) {
  const std::string name = path.filename().string();
  return name.ends_with(ending) || name.ends_with(fmt::format("{}.gz", ending));
}

std::unique_ptr<CellSource> open_file_of_cells(const fs::path& path, const OpenOptions& options) {
  std::vector<std::string> known;
  for (const Format& each : kFormats) known.push_back(fmt::format("{} ({})", each.extension, each.name));
  known.push_back(fmt::format("{} ({})", kText.extension, kText.name));
  const std::string expected = core::alternatives(known);
  std::error_code ignored;
  const auto require_file = [&] {
    (void)core::open_input(path, {.expected = expected, .next_step = "check the path"});
  };
  if (!fs::is_directory(path, ignored)) require_file();
  if (is_r_file(path)) refuse_r_file(path);
  auto format = std::ranges::find_if(kFormats, [&](const Format& each) { return each.recognises(path); });
  if (format == kFormats.end())
    format = std::ranges::find_if(kFormats, [&](const Format& each) { return has_ending(path, each.extension); });
  if (format != kFormats.end()) return format->open(path, options);
  require_file();  // a folder of something else
  if (kText.recognises(path)) return kText.open(path, options);
  throw core::InputError({.file = path.string(), .found = "is not in a format that sctab reads", .expected = expected});
}

}  // namespace

std::unique_ptr<CellSource> open_cells(const fs::path& path, const OpenOptions& options) {
  const auto open = [&options](const fs::path& file) { return open_file_of_cells(file, options); };
  if (path == kStandardInput) return open_standard_input(open);
  if (is_packed_hdf5(path)) return open_packed(path, open);
  return open(path);
}

void log_notes(const CellSource& source) {
  for (const std::string& note : source.notes()) {
    spdlog::warn("note: {}", core::format({.file = source.path().string(), .found = note}));
  }
}

}  // namespace sctab::formats
