#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/number_type.hpp"
#include "sctab/formats/torch_checkpoint/pickle.hpp"
#include "sctab/formats/zip/archive.hpp"

namespace sctab::torch_checkpoint {

/// A tensor of a checkpoint: a strided view of its storage, which several may share. offset and strides count numbers.
struct CheckpointTensor {
  std::string name;
  formats::NumberType type = formats::NumberType::kF32;
  std::vector<std::int64_t> shape, strides;
  std::int64_t offset = 0;
  std::shared_ptr<std::vector<std::byte>> storage;
};

/// The numbers of a tensor, row-major; whole ones are exact up to 2^53.
std::vector<double> numbers(const CheckpointTensor& tensor);

/// A checkpoint of PyTorch Lightning, as the authors of scTab publish theirs: a zip of one file per tensor storage, and
/// a pickle that gives the place of each tensor in them.
class Checkpoint {
 public:
  /// Reads the list of entries and the pickle; no tensor. Throws InputError naming the file.
  explicit Checkpoint(const std::filesystem::path& path);

  /// Names of the tensors of its state_dict, in its order.
  [[nodiscard]] std::vector<std::string> tensor_names() const;
  /// Shape of a tensor; nothing if there is none of this name.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> shape(std::string_view name) const;
  /// The tensors whose names begin with `prefix`, named without it. Only their storages are read, each once, and in all
  /// no more than the file's size. Throws InputError naming file and tensor if one does not match its description.
  [[nodiscard]] std::vector<CheckpointTensor> read(std::string_view prefix) const;

  /// A number that the checkpoint has next to the tensors: "epoch", "global_step".
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
  /// One of its hyper_parameters; nullptr if it has none of this name.
  [[nodiscard]] const PickleNode* hyper_parameter(std::string_view key) const;

 private:
  struct Description;

  [[noreturn]] void refuse(std::string_view tensor, const std::string& what) const;
  [[nodiscard]] const PickleNode& find_state_dict() const;
  [[nodiscard]] Description describe(std::string_view name, const PickleNode& node) const;
  void require_within_file(std::string_view prefix) const;
  [[nodiscard]] std::vector<std::byte> read_storage(std::string_view name, const Description& description) const;

  zip::Archive archive_;
  std::string folder_;  // of all entries, with a slash at its end
  std::unique_ptr<Pickle> pickle_;
  const PickleNode* state_dict_ = nullptr;  // of pickle_
};

}  // namespace sctab::torch_checkpoint
