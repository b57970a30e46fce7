#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sctab/model/architecture.hpp"

namespace sctab::published {

/// The plain values on the top level of an hparams.yaml, as PyTorch Lightning writes it beside a checkpoint. What has a
/// tag (!!python/name:torch.optim…) is not looked at, nor are lists and maps: nothing there is needed to compute.
class Hparams {
 public:
  /// Throws InputError naming file and line where a line is no "key: value".
  explicit Hparams(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool contains(std::string_view key) const { return values_.contains(key); }
  /// Throws InputError naming file and key where it is missing or no value of this kind.
  std::int64_t integer(std::string_view key) const;
  double real(std::string_view key) const;
  const std::string& text(std::string_view key) const;

 private:
  std::filesystem::path path_;
  std::map<std::string, std::optional<std::string>, std::less<>> values_;  // nullopt: no plain value
};

/// The network that they describe: tabnet where there is an n_d, mlp where there is a hidden_size, linear else. Throws
/// InputError naming file and key.
model::Architecture architecture(const Hparams& hparams);

}  // namespace sctab::published
