#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/model/model_kinds.hpp"

namespace sctab::model {

enum class MaskType { kEntmax, kSparsemax };
/// "entmax", "sparsemax".
std::string_view name(MaskType type);
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
