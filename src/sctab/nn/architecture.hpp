#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sctab::nn {

/// The networks, the baselines of module baselines, and an ensemble of networks of several kinds.
enum class ModelKind { kTabnet, kMlp, kLinear, kXgboost, kCelltypist, kPcaLinear, kCentroid, kMixed };
/// "tabnet", "mlp", "linear", "xgboost", "celltypist", "pca+linear", "centroid", "mixed".
std::string_view name(ModelKind kind);
/// TabNet, MLP and linear: what make_network() makes.
bool is_network(ModelKind kind);
/// Those that see principal components instead of genes.
bool uses_components(ModelKind kind);
ModelKind parse_model_kind(std::string_view text);  // throws InputError

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
  double momentum = 0.02;  // of ghost batch norm; the initial batch norm has 0.01
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
  std::int64_t n_components = 0;      // where uses_components()
  std::vector<Architecture> members;  // of kMixed: networks, each of the same genes, types and levels
  std::int64_t n_levels = 0;          // of networks: inputs behind the genes, the levels of a covariate
  void validate() const;              // the sizes, and the options of `kind`

  /// Columns of the cells that it takes: the genes, then the levels.
  [[nodiscard]] std::int64_t n_inputs() const { return n_genes + n_levels; }
};

/// What member `index`, counted from 0, of a model is: of a mixed one its own, else the model's.
const Architecture& member_architecture(const Architecture& architecture, std::size_t index);

/// Columns of the embedding: TabNet's n_d, the MLP's last hidden layer, principal components, else one score a type; of
/// a mixed model, its first member's.
std::int64_t embedding_width(const Architecture& architecture);

nlohmann::json to_json(const Architecture& architecture);
/// Throws InputError naming `source` and the key.
Architecture architecture_from_json(const nlohmann::json& json, std::string_view source);

}  // namespace sctab::nn
