#include "version_report.hpp"

#include <fmt/format.h>
#include <hdf5.h>
#include <hwy/highway.h>
#include <libdeflate.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>

#include <CLI/Version.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "commit.hpp"
#include "program.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::cli {
namespace {

std::string fmt_version() {
  constexpr int kMajor = 10'000, kMinor = 100;
  return fmt::format("{}.{}.{}", FMT_VERSION / kMajor, FMT_VERSION / kMinor % kMinor, FMT_VERSION % kMinor);
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

/// The processor as /proc/cpuinfo names it.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// The instructions that kernels use here: the best of those compiled that the processor has.
std::string simd_target() {
  const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(usable & -usable);  // Highway gives better targets lower bits
}

std::string compiler() {
#ifdef __clang__
  return fmt::format("clang {}", __clang_version__);
#else
  return fmt::format("g++ {}", __VERSION__);
#endif
}

}  // namespace

std::string version_report(bool verbose) {
  const std::string version = "sctab " SCTAB_VERSION "\n";
  if (!verbose) return version;
  core::TextTable table({{"build", core::TextTable::Align::kLeft}, {SCTAB_BUILD_TYPE, core::TextTable::Align::kLeft}});
  table.add_row({"commit", SCTAB_COMMIT});
  table.add_row({"compiler", compiler()});
  table.add_row({"processor", processor()});
  table.add_row({"SIMD", simd_target()});
  table.add_row({"threads", fmt::format("{}", core::default_threads())});
  for (const auto& [name, library_version] : training_libraries()) table.add_row({name, library_version});
  table.add_row({"HDF5", hdf5_version()});
  table.add_row({"libdeflate", LIBDEFLATE_VERSION_STRING});
  table.add_row({"DuckDB", parquet::library_version().value_or("not found")});
  table.add_row({"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)});
  table.add_row({"Highway", fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH)});
  table.add_row({"CLI11", CLI11_VERSION});
  table.add_row({"fmt", fmt_version()});
  table.add_row({"spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)});
  table.add_row({"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                              NLOHMANN_JSON_VERSION_PATCH)});
  return version + table.text();
}

}  // namespace sctab::cli
