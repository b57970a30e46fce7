#include "sctab/annotate/outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/parquet/parquet.hpp"
#include "sctab/formats/source_name.hpp"

namespace sctab::annotate {
namespace fs = std::filesystem;
namespace {

using core::InputError;

/// In the order of OutputFormat.
constexpr std::array<std::string_view, 5> kEndings = {".h5ad", ".h5mu", ".csv", ".tsv", ".parquet"};

OutputFormat format_of(const fs::path& output) {
  if (output == kStandardOutput) return OutputFormat::kCsv;
  const auto found = std::ranges::find(kEndings, output.extension().string());
  if (found == kEndings.end()) {
    throw InputError(
        {.file = output.string(), .found = "has no ending that sctab knows", .expected = core::alternatives(kEndings)});
  }
  const auto format = static_cast<OutputFormat>(found - kEndings.begin());
  if (format == OutputFormat::kParquet) parquet::require_available(output);  // before the cells are computed
  return format;
}

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code missing;
  return fs::equivalent(a, b, missing) || fs::absolute(a).lexically_normal() == fs::absolute(b).lexically_normal();
}

void require_usable(const fs::path& output, std::span<const fs::path> inputs) {
  if (fs::is_directory(output)) {
    throw InputError({.file = output.string(), .found = "is a folder", .next_step = "give the name of a file in it"});
  }
  if (std::ranges::any_of(inputs, [&](const fs::path& input) { return same_file(output, input); })) {
    throw InputError({.file = output.string(),
                      .found = "is the input itself, which is never written to",
                      .next_step = "choose another output"});
  }
}

/// FOLDER/NAME.sctab.h5ad and .csv, without the ending of the input. folder: empty for the input's own. By the name of
/// the input alone: what it holds is known later.
std::vector<Output> named_after(const fs::path& input, const fs::path& folder) {
  if (input == formats::kStandardInput) {
    throw InputError({.subject = "standard input",
                      .found = "has no name to call the results by",
                      .next_step = "name them with -o FILE.h5ad or -o FILE.csv"});
  }
  fs::path stem = formats::path_without_ending(input);
  if (!folder.empty()) stem = folder / stem.filename();
  const bool is_mudata = input.extension() == ".h5mu" || input.stem().extension() == ".h5mu";  // "a.h5mu.gz"
  std::vector<Output> outputs;
  for (const OutputFormat format : {is_mudata ? OutputFormat::kH5mu : OutputFormat::kH5ad, OutputFormat::kCsv}) {
    outputs.push_back({fs::path(stem) += fmt::format(".sctab{}", ending(format)), format});
  }
  return outputs;
}

std::vector<Output> given_outputs(std::span<const fs::path> given, std::span<const fs::path> inputs) {
  std::vector<Output> outputs;
  for (const fs::path& path : given) {
    if (path != kStandardOutput) require_usable(path, inputs);
    const OutputFormat format = format_of(path);
    if (std::ranges::count(outputs, format, &Output::format) > 0) {
      throw InputError({.subject = fmt::format("-o {}", path.string()),
                        .found = fmt::format("a second output with the contents of a .{} file", name(format)),
                        .expected = "one output of each format"});
    }
    outputs.push_back({path, format});
  }
  return outputs;
}

void require_folder(std::span<const fs::path> given, std::size_t n_inputs) {
  const fs::path& folder = given.front();
  const bool names_file =
      folder == kStandardOutput || std::ranges::count(kEndings, folder.extension().string()) > 0 || given.size() > 1;
  if (names_file && !fs::is_directory(folder)) {
    throw InputError(
        {.subject = fmt::format("-o {}", folder.string()),
         .found = fmt::format("{} the results of one input, and there are {}",
                              folder == kStandardOutput ? "standard output takes" : "a file takes", n_inputs),
         .expected = "one folder"});
  }
  if (fs::exists(folder) && !fs::is_directory(folder)) {
    throw InputError({.file = folder.string(), .found = "is a file", .expected = "a folder for the results"});
  }
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (!error) return;
  throw InputError({.file = folder.string(),
                    .found = "the folder cannot be made: " + error.message(),
                    .next_step = "choose another output"});
}

/// Two inputs of one name would write over each other.
void require_distinct(const std::vector<Job>& jobs) {
  std::set<fs::path> seen;
  for (const Job& job : jobs) {
    for (const Output& output : job.outputs) {
      if (seen.insert(fs::absolute(output.path).lexically_normal()).second) continue;
      throw InputError(
          {.file = job.input.string(),
           .found = fmt::format("its results would replace those of another input, in {}", output.path.string()),
           .next_step = "give the files different names, or annotate them one at a time"});
    }
  }
}

}  // namespace

std::string_view ending(OutputFormat format) {
  return kEndings.at(static_cast<std::size_t>(format));
}

std::string_view name(OutputFormat format) {
  return ending(format).substr(1);
}

bool is_stream(const fs::path& path, OutputFormat format) {
  std::error_code missing;
  const bool has_lines = format == OutputFormat::kCsv || format == OutputFormat::kTsv;
  return path == kStandardOutput || (has_lines && fs::is_fifo(path, missing));
}

std::vector<Job> plan_outputs(std::span<const fs::path> inputs, std::span<const fs::path> given) {
  std::vector<Job> jobs;
  const bool names_folder = given.size() == 1 && (fs::is_directory(given.front()) || !given.front().has_filename());
  const bool into_folder = names_folder || (inputs.size() > 1 && !given.empty());
  if (into_folder) require_folder(given, inputs.size());
  for (const fs::path& input : inputs) {
    if (!given.empty() && !into_folder) {
      jobs.push_back({input, given_outputs(given, inputs)});
      continue;
    }
    jobs.push_back({input, named_after(input, into_folder ? given.front() : fs::path())});
    for (const Output& output : jobs.back().outputs) require_usable(output.path, inputs);
  }
  require_distinct(jobs);
  if (into_folder) make_folder(given.front());
  return jobs;
}

const fs::path& OutputSet::add(const fs::path& target) {
  return files_.emplace_back(target).path();
}

void OutputSet::commit() {
  try {
    for (core::StagedOutput& file : files_) file.place();
  } catch (...) {
    // Where the last has its name, and only its folder could not be synced, all stay.
    const bool all_placed = files_.back().path().empty();
    if (!all_placed) {
      for (core::StagedOutput& file : files_) file.undo();
    }
    throw;
  }
  for (core::StagedOutput& file : files_) file.settle();
}

}  // namespace sctab::annotate
