#include "sctab/nn/weights.hpp"

#include "sctab/nn/safetensors.hpp"

namespace sctab::nn {

void save_weights(const std::filesystem::path& path, const Network& network) {
  write_safetensors(path, network.state().copy(), {{"format", "pt"}});
}

void load_weights(const std::filesystem::path& path, Network& network) {
  network.state().load(read_safetensors(path).tensors, path.string());
}

}  // namespace sctab::nn
