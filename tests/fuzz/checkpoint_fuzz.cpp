#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/torch_checkpoint/checkpoint.hpp"

namespace sctab::fuzz {

void fuzz_checkpoint(Bytes bytes) {
  const MemoryFile file(bytes);
  const torch_checkpoint::Checkpoint checkpoint(file.path());
  for (const std::string& name : checkpoint.tensor_names()) (void)checkpoint.shape(name);
  (void)checkpoint.integer("epoch");
  (void)checkpoint.hyper_parameter("learning_rate");
  for (const torch_checkpoint::CheckpointTensor& tensor : checkpoint.read("classifier.")) {
    try {
      (void)torch_checkpoint::numbers(tensor);
    } catch (const core::InputError&) {  // the others are read all the same
    }
  }
}

}  // namespace sctab::fuzz
