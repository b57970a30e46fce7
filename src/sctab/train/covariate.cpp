#include "sctab/train/covariate.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/evaluate/split_levels.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::train {
namespace {

using store::Field;
using store::Store;

// Chosen on validation cells, as docs/covariates.md tells: about that of a well expressed gene.
constexpr float kLevelValue = 3;

}  // namespace

model::Covariate find_covariate(const Store& store, std::string_view column) {
  const Field field = evaluate::covariate_field(column);
  const std::vector<std::string>& values = store.tables().column(field);
  std::vector<bool> seen(values.size(), false);
  for (const auto code : store.codes(store::Split::kTrain, field)) {
    if (code >= 0) seen.at(static_cast<std::size_t>(code)) = true;
  }
  model::Covariate covariate;
  covariate.column = column;
  const auto names = store::obs_columns(field);
  covariate.obs_columns.assign(names.begin(), names.end());
  covariate.value = kLevelValue;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (seen[i] && values[i] != store::kUnknownValue) covariate.levels.push_back(values[i]);
  }
  if (covariate.levels.size() >= 2) return covariate;
  throw core::InputError({.file = store.directory().string(),
                          .subject = fmt::format("--covariate {}", column),
                          .found = covariate.levels.empty() ? std::string("training cells without any value")
                                                            : fmt::format("training cells with only one value, '{}'",
                                                                          covariate.levels.front()),
                          .expected = "at least two values to learn from",
                          .next_step = "remove the option"});
}

}  // namespace sctab::train
