#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sctab::model {

struct Architecture;
class Predictor;
struct PredictorOptions;

/// kMixed is an ensemble of networks of several kinds.
enum class ModelKind : std::uint8_t {
  kTabnet,
  kMlp,
  kLinear,
  kMixed,
  kXgboost,
  kPcaLinear,
  kCelltypist,
  kCentroid,
  kKnn,
};

/// Groups of training options that a kind takes or does not take; train/options.hpp lists their members.
enum class OptionGroup : std::uint8_t {
  kPreset,
  kMembers,
  kNetwork,
  kTabnet,
  kMlp,
  kComponents,
  kXgboost,
  kNeighbours,
};

/// A set of groups.
struct OptionGroups {
  std::uint32_t bits = 0;
  constexpr OptionGroups() = default;
  constexpr OptionGroups(OptionGroup group) : bits(1U << static_cast<unsigned>(group)) {}  // a set of one
  [[nodiscard]] constexpr bool contains(OptionGroup group) const { return (bits & OptionGroups(group).bits) != 0; }
};
constexpr OptionGroups operator|(OptionGroups left, OptionGroup right) {
  left.bits |= OptionGroups(right).bits;
  return left;
}
inline constexpr OptionGroups kNetworkOptions = OptionGroup::kPreset | OptionGroup::kMembers | OptionGroup::kNetwork;

/// Reads one member's file. Throws InputError naming it where a weight is missing or has another shape than
/// `architecture` says.
using LoadPredictor = std::unique_ptr<Predictor>(const std::filesystem::path& weights, const Architecture& architecture,
                                                 const PredictorOptions& options);
LoadPredictor load_network, load_xgboost, load_pca_linear, load_celltypist, load_centroid, load_knn;

struct ModelKindInfo {
  ModelKind kind;
  std::string_view name;  // in model directories, recipes and `train --kind`
  LoadPredictor* load;    // null for kMixed: each member is loaded as its own kind
  OptionGroups options;
  std::string_view help;
};

/// What a model can be, one row a kind, in the order of ModelKind. Module train has the other table: how to train each.
inline constexpr auto kModelKinds = std::to_array<ModelKindInfo>({
    {ModelKind::kTabnet, "tabnet", load_network, kNetworkOptions | OptionGroup::kTabnet, "scTab's network"},
    {ModelKind::kMlp, "mlp", load_network, kNetworkOptions | OptionGroup::kMlp, "a multilayer perceptron"},
    {ModelKind::kLinear, "linear", load_network, kNetworkOptions, "a linear network"},
    {ModelKind::kMixed, "mixed", nullptr, kNetworkOptions | OptionGroup::kTabnet | OptionGroup::kMlp,
     "an ensemble of tabnet, mlp and linear networks"},
    {ModelKind::kXgboost, "xgboost", load_xgboost,
     OptionGroup::kPreset | OptionGroup::kMembers | OptionGroup::kComponents | OptionGroup::kXgboost,
     "gradient-boosted trees on principal components"},
    {ModelKind::kPcaLinear, "pca+linear", load_pca_linear, OptionGroup::kMembers | OptionGroup::kComponents,
     "logistic regression on principal components"},
    {ModelKind::kCelltypist, "celltypist", load_celltypist, OptionGroup::kPreset | OptionGroup::kMembers,
     "CellTypist's logistic regression"},
    {ModelKind::kCentroid, "centroid", load_centroid, OptionGroups(), "the nearest mean profile, a lower bound"},
    {ModelKind::kKnn, "knn", load_knn, OptionGroup::kMembers | OptionGroup::kComponents | OptionGroup::kNeighbours,
     "k nearest neighbours on principal components"},
});

constexpr const ModelKindInfo& info(ModelKind kind) {
  return kModelKinds.at(static_cast<std::size_t>(kind));
}
constexpr std::string_view name(ModelKind kind) {
  return info(kind).name;
}
/// tabnet, mlp and linear: what nn::make_network() makes.
constexpr bool is_network(ModelKind kind) {
  return info(kind).load == &load_network;
}
/// Kinds that see principal components instead of genes.
constexpr bool uses_components(ModelKind kind) {
  return info(kind).options.contains(OptionGroup::kComponents);
}

/// Throws InputError naming the kinds.
ModelKind parse_model_kind(std::string_view text);
/// "tabnet and mixed", "networks", "all kinds but centroid": those that take options of the group.
std::string kinds_with(OptionGroup group);

/// Loads a member of any kind. Throws InputError as LoadPredictor does, and for options that apply to networks only.
LoadPredictor load_predictor;

}  // namespace sctab::model
