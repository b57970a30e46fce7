#include "sctab/annotate/output_pair.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"

namespace sctab::annotate {
namespace fs = std::filesystem;
namespace {

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code missing;
  return fs::equivalent(a, b, missing) || fs::absolute(a).lexically_normal() == fs::absolute(b).lexically_normal();
}

void require_usable(const fs::path& output, const fs::path& input) {
  if (same_file(output, input)) {
    throw core::InputError(
        fmt::format("{}: is the input itself, which is never written to; choose another output", output.string()));
  }
  if (fs::is_directory(output)) {
    throw core::InputError(fmt::format("{}: is a folder; give the name of a file in it", output.string()));
  }
}

fs::path beside(fs::path path, const char* extension) {
  if (path.extension() == ".h5ad" || path.extension() == ".h5") path.replace_extension();
  return path += extension;
}

}  // namespace

OutputPaths choose_outputs(const fs::path& input, OutputPaths given) {
  if (given.h5ad.empty()) given.h5ad = beside(input, ".sctab.h5ad");
  if (given.csv.empty()) given.csv = beside(given.h5ad, ".csv");
  require_usable(given.h5ad, input);
  require_usable(given.csv, input);
  if (same_file(given.h5ad, given.csv)) {
    throw core::InputError(
        fmt::format("{}: is named for both the h5ad and the csv; choose another --csv", given.h5ad.string()));
  }
  return given;
}

void commit_both(core::StagedOutput& first, core::StagedOutput& second) {
  try {
    first.place();
    second.commit();
  } catch (...) {
    // Where the second stands, and only its folder could not be synced, the first stays beside it.
    const bool second_stands = second.path().empty();
    if (!second_stands) first.undo();
    throw;
  }
  first.settle();
}

}  // namespace sctab::annotate
