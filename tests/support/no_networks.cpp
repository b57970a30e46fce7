#include <stdexcept>

#include "sctab/model/model_kinds.hpp"
#include "sctab/model/predictor.hpp"

namespace sctab::model {

/// In builds without libtorch, which is what runs networks: the sanitized ones.
std::unique_ptr<Predictor> load_network(const std::filesystem::path& /*weights*/, const Architecture& /*architecture*/,
                                        const PredictorOptions& /*options*/) {
  throw std::logic_error("this build has no networks");
}

}  // namespace sctab::model
