#pragma once

#include <string>

namespace sctab::cli {

/// "sctab 0.1.0", and where `verbose` what a bug report needs: compiler, build type, libraries with their versions,
/// processor, SIMD instructions in use, threads.
std::string version_report(bool verbose);

}  // namespace sctab::cli
