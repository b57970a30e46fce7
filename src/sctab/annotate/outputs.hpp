#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <span>
#include <string_view>
#include <vector>

#include "sctab/core/staged_output.hpp"

namespace sctab::annotate {

/// kH5ad, kH5mu: the input with the results added. The others: the labels alone, a row per cell.
enum class OutputFormat : std::uint8_t { kH5ad, kH5mu, kCsv, kTsv, kParquet };

/// Whether it holds the cells themselves.
inline bool holds_cells(OutputFormat format) {
  return format < OutputFormat::kCsv;
}

/// ".h5ad", ".csv", …
std::string_view ending(OutputFormat format);
/// The same without the dot.
std::string_view name(OutputFormat format);

struct Output {
  std::filesystem::path path;  // "-": standard output
  OutputFormat format = OutputFormat::kH5ad;
};

inline constexpr std::string_view kStandardOutput = "-";

/// Whether the output is written from front to back where it is: standard output, and lines to a FIFO.
bool is_stream(const std::filesystem::path& path, OutputFormat format);

/// One file to annotate, and where its results go.
struct Job {
  std::filesystem::path input;
  std::vector<Output> outputs;  // at most one of each format
};

/// What to write for each input. `given` are the paths that the user names; their endings decide the formats.
///   one input: the paths as given, "-" for the csv on standard output.
///   several inputs: one path, a folder, which is made; it gets NAME.sctab.h5ad and NAME.sctab.csv of each.
///   none given: NAME.sctab.h5ad and NAME.sctab.csv next to each input. NAME: without the ending of its format.
/// Of a .h5mu, .sctab.h5mu instead.
/// Throws InputError where an output is an input or a folder, where two are the same or of one format, for an
/// ending that names no format, for .parquet where there is no DuckDB, and for standard input where no file is given.
std::vector<Job> plan_outputs(std::span<const std::filesystem::path> inputs,
                              std::span<const std::filesystem::path> given);

/// Files that are written whole, all of them or none.
class OutputSet {
 public:
  /// Where to write the file that shall be `target`. Throws InputError as core::StagedOutput does.
  const std::filesystem::path& add(const std::filesystem::path& target);
  /// Gives all files their names. Where one fails, the earlier files of the others come back.
  void commit();

 private:
  std::list<core::StagedOutput> files_;  // whose paths stay where they are
};

}  // namespace sctab::annotate
