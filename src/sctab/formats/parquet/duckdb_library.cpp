#include "sctab/formats/parquet/duckdb_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "sctab/core/error.hpp"
#include "sctab/core/installation.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::parquet {
namespace {
namespace fs = std::filesystem;

constexpr const char* kFileName = "libduckdb.so";
constexpr std::string_view kMajorVersion = "v1.";  // DuckDB 1 only adds functions to its C interface
constexpr const char* kInstall =
    "install it with tools/install-dependencies.sh, or set SCTAB_DUCKDB to the folder of libduckdb.so";

struct Close {
  void operator()(void* handle) const { ::dlclose(handle); }
};

/// A library in memory and the name that it was found under.
struct Library {
  std::unique_ptr<void, Close> handle;
  fs::path path;

  [[nodiscard]] core::InputError refused(const std::string& found) const {
    return core::InputError({.subject = fmt::format("DuckDB ({})", path.string()),
                             .found = found,
                             .expected = "DuckDB 1",
                             .next_step = kInstall});
  }
  template <typename Function>
  void find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(::dlsym(handle.get(), name));
    if (function == nullptr) throw refused(fmt::format("has no function {}", name));
  }
};

Library open_first(std::span<const fs::path> candidates) {
  std::vector<std::string> places;
  for (const fs::path& candidate : candidates) {
    const bool in_a_folder = candidate.has_parent_path();
    places.push_back(in_a_folder ? candidate.parent_path().string() : "the system's folders of libraries");
    std::error_code unreadable;
    if (in_a_folder && !fs::exists(candidate, unreadable)) continue;
    Library library{std::unique_ptr<void, Close>(::dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL)), candidate};
    if (library.handle) return library;
    if (in_a_folder) throw library.refused(fmt::format("cannot be loaded: {}", ::dlerror()));
  }
  throw core::InputError({.subject = "DuckDB, which reads and writes Parquet",
                          .found = fmt::format("no {} in {}", kFileName, fmt::join(places, ", ")),
                          .next_step = kInstall});
}

}  // namespace

std::vector<fs::path> duckdb_candidates() {
  const char* given = std::getenv("SCTAB_DUCKDB");
  if (given != nullptr && *given != '\0') return {fs::path(given) / kFileName};
  std::vector<fs::path> candidates;
  if (const fs::path folder = core::program_folder(); !folder.empty()) {
    candidates.push_back(folder / kFileName);
    candidates.push_back(core::installation_prefix() / "lib" / "sctab" / kFileName);
  }
  candidates.push_back(fs::path(SCTAB_DUCKDB_DIR) / "lib" / kFileName);
  candidates.emplace_back(kFileName);
  return candidates;
}

DuckdbFunctions load_duckdb(std::span<const fs::path> candidates) {
  Library library = open_first(candidates);
  DuckdbFunctions functions;
  library.find("duckdb_library_version", functions.library_version);
  const std::string version = functions.library_version();
  if (!version.starts_with(kMajorVersion)) throw library.refused("is version " + version);
#define SCTAB_DUCKDB_FIND(name) library.find("duckdb_" #name, functions.name);
  SCTAB_DUCKDB_FUNCTIONS(SCTAB_DUCKDB_FIND)
#undef SCTAB_DUCKDB_FIND
  (void)library.handle.release();  // it has threads and destructors of its own: it is never unloaded
  return functions;
}

const DuckdbFunctions& duckdb() {
  static const DuckdbFunctions functions = load_duckdb(duckdb_candidates());
  return functions;
}

void require_available(const fs::path& path) {
  try {
    (void)duckdb();
  } catch (const core::InputError& error) {
    throw error.within({.file = path.string()});
  }
}

std::optional<std::string> library_version() {
  try {
    return duckdb().library_version();
  } catch (const core::InputError&) {
    return std::nullopt;
  }
}

}  // namespace sctab::parquet
