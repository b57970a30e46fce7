#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sctab/model/model_kinds.hpp"

namespace sctab::model {

/// Values that a number may have.
struct Range {
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
  bool with_least = true, with_most = true;

  [[nodiscard]] constexpr bool contains(double value) const {
    return (value > least || (with_least && value == least)) && (value < most || (with_most && value == most));
  }
};
constexpr Range at_least(double least) {
  return {.least = least, .with_most = false};
}
constexpr Range from_to(double least, double most) {
  return {.least = least, .most = most};
}
constexpr Range from_below(double least, double most) {
  return {.least = least, .most = most, .with_most = false};
}
constexpr Range above(double least, double most = std::numeric_limits<double>::infinity()) {
  return {
      .least = least, .most = most, .with_least = false, .with_most = most < std::numeric_limits<double>::infinity()};
}
constexpr Range between(double least, double most) {
  return {.least = least, .most = most, .with_least = false, .with_most = false};
}
/// "a whole number of 1 or more", "a number above 0 and up to 1".
std::string expected(const Range& range, bool is_whole);

enum class MaskType { kEntmax, kSparsemax };
/// "entmax", "sparsemax".
constexpr std::string_view name(MaskType type) {
  return type == MaskType::kEntmax ? "entmax" : "sparsemax";
}
MaskType parse_mask_type(std::string_view text);  // throws InputError

/// TabNet's sizes; the defaults are the paper's.
struct TabnetOptions {
  std::int64_t n_d = 128;  // width of the embedding
  std::int64_t n_a = 64;   // width that feeds attention
  std::int64_t n_steps = 1;
  double gamma = 1.3;              // how freely a gene may be used again in a later step
  std::int64_t n_independent = 5;  // GLU layers of each step
  std::int64_t n_shared = 3;       // GLU layers whose weights all steps share
  double epsilon = 1e-15;
  std::int64_t virtual_batch_size = 256;
  double momentum = 0.02;  // for ghost batch norm; the initial batch norm uses 0.01
  MaskType mask_type = MaskType::kEntmax;
  void validate() const;  // throws InputError naming the field
};

/// The paper's MLP baseline.
struct MlpOptions {
  std::int64_t n_hidden = 8;
  std::int64_t hidden_size = 128;
  double dropout = 0.1;   // share of hidden values dropped, in [0, 1)
  void validate() const;  // throws InputError naming the field
};

/// A number among a network's options: its key in config.json and its range.
template <typename Options>
struct NumberField {
  std::string_view key;
  std::variant<std::int64_t Options::*, double Options::*> member;
  Range range;
};
inline constexpr double kMaxSize = 1'000'000;  // far above any sensible size; products of three fit 63 bits
inline constexpr NumberField<TabnetOptions> kTabnetNumbers[] = {
    {"n_d", &TabnetOptions::n_d, from_to(1, kMaxSize)},
    {"n_a", &TabnetOptions::n_a, from_to(1, kMaxSize)},
    {"n_steps", &TabnetOptions::n_steps, from_to(1, 100)},
    {"gamma", &TabnetOptions::gamma, at_least(1)},
    {"n_independent", &TabnetOptions::n_independent, from_to(0, 100)},
    {"n_shared", &TabnetOptions::n_shared, from_to(0, 100)},
    {"epsilon", &TabnetOptions::epsilon, between(0, 1)},
    {"virtual_batch_size", &TabnetOptions::virtual_batch_size, from_to(1, kMaxSize)},
    {"momentum", &TabnetOptions::momentum, between(0, 1)},
};
inline constexpr NumberField<MlpOptions> kMlpNumbers[] = {
    {"n_hidden", &MlpOptions::n_hidden, from_to(1, 1000)},
    {"hidden_size", &MlpOptions::hidden_size, from_to(1, kMaxSize)},
    {"dropout", &MlpOptions::dropout, from_below(0, 1)},
};

/// The range of a number of one of the two, by its key.
constexpr Range range_of(std::string_view key) {
  for (const auto& field : kTabnetNumbers) {
    if (field.key == key) return field.range;
  }
  for (const auto& field : kMlpNumbers) {
    if (field.key == key) return field.range;
  }
  throw "not a number of these options";  // a compile-time error
}

/// What config.json's "architecture" holds.
struct Architecture {
  ModelKind kind = ModelKind::kTabnet;
  std::int64_t n_genes = 0;
  std::int64_t n_types = 0;
  TabnetOptions tabnet;
  MlpOptions mlp;
  std::int64_t n_components = 0;      // for kinds with uses_components()
  std::vector<Architecture> members;  // for kMixed: networks, all with the same genes, types and levels
  std::int64_t n_levels = 0;          // for networks: inputs behind the genes, the levels of a covariate
  void validate() const;              // the sizes, and the options of `kind`

  /// Columns of the cells that it takes: the genes, then the levels.
  [[nodiscard]] std::int64_t n_inputs() const { return n_genes + n_levels; }
};

/// The architecture of member `index`, counted from 0: its own in a mixed model, otherwise the model's.
const Architecture& member_architecture(const Architecture& architecture, std::size_t index);

/// Columns of the embedding: TabNet's n_d, the MLP's last hidden layer, principal components, otherwise one score per
/// type; for a mixed model, those of its first member.
std::int64_t embedding_width(const Architecture& architecture);

nlohmann::json to_json(const Architecture& architecture);
/// Throws InputError naming `source` and the key.
Architecture architecture_from_json(const nlohmann::json& json, std::string_view source);

}  // namespace sctab::model
