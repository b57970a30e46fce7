#pragma once

namespace sctab::baselines {

/// Lets nn::Classifier load the models of this module. Call it once, before the first model is loaded.
void register_models();

}  // namespace sctab::baselines
