#include "sctab/baselines/models.hpp"

#include "sctab/baselines/celltypist.hpp"
#include "sctab/baselines/centroid.hpp"
#include "sctab/baselines/pca_linear.hpp"
#include "sctab/baselines/xgboost.hpp"

namespace sctab::baselines {

void register_models() {
  nn::register_predictor(nn::ModelKind::kXgboost, load_xgboost);
  nn::register_predictor(nn::ModelKind::kCelltypist, load_celltypist);
  nn::register_predictor(nn::ModelKind::kPcaLinear, load_pca_linear);
  nn::register_predictor(nn::ModelKind::kCentroid, load_centroid);
}

}  // namespace sctab::baselines
