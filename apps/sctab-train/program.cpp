#include "program.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <torch/version.h>
#include <xgboost/c_api.h>

namespace sctab::cli {
namespace {

std::string xgboost_version() {
  int major = 0, minor = 0, patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

/// Asked for by name: any BLAS may be behind libblas, and only OpenBLAS has this function.
std::string blas_version() {
  using Config = const char* (*)();
  const auto config = reinterpret_cast<Config>(::dlsym(RTLD_DEFAULT, "openblas_get_config"));
  return config == nullptr ? "not OpenBLAS: training is many times slower" : config();
}

}  // namespace

void hand_over(const std::vector<std::string>& /*words*/, char** /*argv*/) {}

std::vector<std::pair<std::string, std::string>> training_libraries() {
  return {{"libtorch", TORCH_VERSION}, {"BLAS", blas_version()}, {"XGBoost", xgboost_version()}};
}

}  // namespace sctab::cli
