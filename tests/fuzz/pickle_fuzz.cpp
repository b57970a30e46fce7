#include "fuzz/harnesses.hpp"
#include "sctab/formats/torch_checkpoint/pickle.hpp"

namespace sctab::fuzz {

void fuzz_pickle(Bytes bytes) {
  const torch_checkpoint::Pickle pickle(std::as_bytes(bytes), {.file = "x.ckpt", .key = "data.pkl"});
  (void)pickle.root().find("state_dict");
}

}  // namespace sctab::fuzz
