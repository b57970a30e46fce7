#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/formats/torch_checkpoint/hparams.hpp"

namespace sctab::fuzz {

void fuzz_hparams(Bytes bytes) {
  const MemoryFile file(bytes);
  const torch_checkpoint::Hparams hparams(file.path());
  if (hparams.contains("n_d")) (void)hparams.integer("n_d");
  if (hparams.contains("gamma")) (void)hparams.real("gamma");
  if (hparams.contains("mask_type")) (void)hparams.text("mask_type");
}

}  // namespace sctab::fuzz
