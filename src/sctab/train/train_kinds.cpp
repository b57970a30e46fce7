#include "sctab/train/train_kinds.hpp"

#include <algorithm>
#include <array>

namespace sctab::train {

Fit fit_xgboost, fit_pca_linear, fit_celltypist, fit_centroid, fit_knn;  // each in its own file

namespace {

using model::ModelKind;

constexpr auto kTrainKinds = std::to_array<TrainKind>({
    {ModelKind::kTabnet, nullptr},
    {ModelKind::kMlp, nullptr},
    {ModelKind::kLinear, nullptr},
    {ModelKind::kMixed, nullptr},
    {ModelKind::kXgboost, fit_xgboost},
    {ModelKind::kPcaLinear, fit_pca_linear},
    {ModelKind::kCelltypist, fit_celltypist},
    {ModelKind::kCentroid, fit_centroid},
    {ModelKind::kKnn, fit_knn},
});

}  // namespace

const TrainKind* find_train_kind(ModelKind kind) {
  const auto* const found = std::ranges::find(kTrainKinds, kind, &TrainKind::kind);
  return found == kTrainKinds.end() ? nullptr : found;
}

}  // namespace sctab::train
