#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sctab::torch_checkpoint {

/// Values by key; nullopt: not a plain value.
using PlainValues = std::map<std::string, std::optional<std::string>, std::less<>>;

/// The plain values on the top level of an hparams.yaml, as PyTorch Lightning writes it next to a checkpoint. Values
/// with a tag (!!python/name:torch.optim…), an anchor or an alias, lists and maps are skipped: they stay inert text,
/// and nothing in them is needed for predictions.
class Hparams {
 public:
  /// Throws InputError naming file and line if it is not YAML, not one map of keys and values, repeats a key, or nests
  /// more than 100 deep.
  explicit Hparams(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool contains(std::string_view key) const { return values_.contains(key); }
  /// Throws InputError naming file and key if it is missing or not a value of this kind.
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] double real(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;

 private:
  [[noreturn]] void wrong(std::string_view key, std::string found, std::string expected) const;

  std::filesystem::path path_;
  PlainValues values_;
};

}  // namespace sctab::torch_checkpoint
