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
  const fs::path target = first.target();
  fs::path earlier = first.path();
  earlier += ".earlier";
  std::error_code no_links;  // nothing stood there, or the file system has no hard links and cannot keep it
  fs::create_hard_link(target, earlier, no_links);
  std::error_code ignored;
  try {
    first.commit();
    second.commit();
  } catch (...) {
    const bool replaced = first.path().empty();
    if (replaced && no_links) fs::remove(target, ignored);
    if (replaced && !no_links) fs::rename(earlier, target, ignored);
    fs::remove(earlier, ignored);
    throw;
  }
  fs::remove(earlier, ignored);
}

}  // namespace sctab::annotate
