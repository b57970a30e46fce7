#include "sctab/published/import_checkpoint.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/formats/name_tables.hpp"
#include "sctab/formats/torch_checkpoint/checkpoint.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/weights.hpp"

namespace sctab::published {
namespace {

using core::InputError;
using model::ModelKind;
using torch_checkpoint::Checkpoint;
using torch_checkpoint::CheckpointTensor;
using torch_checkpoint::Hparams;
using torch_checkpoint::PickleNode;

constexpr std::string_view kNetwork = "classifier.";
constexpr const char* kBelongTogether = "check that the two belong together";

// What a checkpoint holds beside the network and predictions do not need.
constexpr std::array<std::string_view, 4> kUnusedTensors = {"class_weights", "child_lookup", "augmentations",
                                                            "sample_labels"};
constexpr std::array<std::string_view, 3> kUnusedPrefixes = {"train_metrics.", "val_metrics.", "test_metrics."};

// Those of hparams.yaml that decide what the network computes.
constexpr std::array<std::string_view, 15> kDecisive = {
    "gene_dim", "type_dim", "n_d",       "n_a",      "n_steps",     "gamma",   "n_independent",     "n_shared",
    "epsilon",  "momentum", "mask_type", "n_hidden", "hidden_size", "dropout", "virtual_batch_size"};

void require_count(const std::filesystem::path& path, std::string_view things, std::size_t found, std::int64_t expected,
                   const Hparams& hparams) {
  if (static_cast<std::int64_t>(found) == expected) return;
  throw InputError({.file = path.string(),
                    .found = fmt::format("has {} {}", found, things),
                    .expected = fmt::format("the {} of {}", expected, hparams.path().string()),
                    .next_step = "give the list that the checkpoint was trained with"});
}

/// The checkpoint repeats its hyper-parameters: a wrong hparams.yaml of the same sizes would change what is computed.
void require_same_hyper_parameters(const Checkpoint& checkpoint, const Hparams& hparams, const ImportOptions& options) {
  using Kind = PickleNode::Kind;
  for (const std::string_view key : kDecisive) {
    const PickleNode* own = hparams.contains(key) ? checkpoint.hyper_parameter(key) : nullptr;
    if (own == nullptr) continue;
    const bool is_number = own->kind == Kind::kInteger || own->kind == Kind::kReal;
    const double number = own->kind == Kind::kInteger ? static_cast<double>(own->integer) : own->real;
    const bool same = is_number ? hparams.real(key) == number : own->text == hparams.text(key);
    if (same) continue;
    throw InputError({.file = options.checkpoint.string(),
                      .key = std::string(key),
                      .found = is_number ? fmt::format("{}", number) : own->text,
                      .expected = fmt::format("{}, as in {}", hparams.text(key), hparams.path().string()),
                      .next_step = "give the hparams.yaml that was published with it"});
  }
}

bool is_unused(std::string_view tensor) {
  return std::ranges::find(kUnusedTensors, tensor) != kUnusedTensors.end() ||
         std::ranges::any_of(kUnusedPrefixes, [&](std::string_view prefix) { return tensor.starts_with(prefix); });
}

/// Throws where the checkpoint has a tensor whose part in the prediction we do not know: early, unpublished versions
/// subtracted feature_means, say.
void require_known_tensors(const Checkpoint& checkpoint, const ImportOptions& options) {
  for (const std::string& tensor : checkpoint.tensor_names()) {
    if (tensor.starts_with(kNetwork) || is_unused(tensor)) continue;
    throw InputError({.file = options.checkpoint.string(),
                      .key = fmt::format("tensor {}", tensor),
                      .found = "is not in scTab's published networks, so its effect is unknown",
                      .next_step = "check that it is one of the published checkpoints"});
  }
}

void require_shape(const Checkpoint& checkpoint, std::string_view tensor, const std::vector<std::int64_t>& expected,
                   const ImportOptions& options) {
  const auto found = checkpoint.shape(fmt::format("{}{}", kNetwork, tensor));
  if (found == expected) return;
  throw InputError({.file = options.checkpoint.string(),
                    .key = fmt::format("tensor {}{}", kNetwork, tensor),
                    .found = found ? fmt::format("has the shape [{}]", fmt::join(*found, ", ")) : "is missing",
                    .expected = fmt::format("[{}], by {}", fmt::join(expected, ", "), options.hparams.string()),
                    .next_step = kBelongTogether});
}

/// The sizes that memory depends on, before a network of them is made.
void require_sizes(const Checkpoint& checkpoint, const model::Architecture& architecture,
                   const ImportOptions& options) {
  const std::int64_t genes = architecture.n_genes, types = architecture.n_types;
  switch (architecture.kind) {
    case ModelKind::kTabnet:
      require_shape(checkpoint, "final_mapping.weight", {types, architecture.tabnet.n_d}, options);
      require_shape(checkpoint, "encoder.att_transformers.0.fc.weight", {genes, architecture.tabnet.n_a}, options);
      return;
    case ModelKind::kMlp:
      require_shape(checkpoint, "encoder.0.weight", {architecture.mlp.hidden_size, genes}, options);
      return;
    case ModelKind::kLinear:
      require_shape(checkpoint, "weight", {types, genes}, options);
      return;
    default:
      SCTAB_ASSERT(model::is_network(architecture.kind));
  }
}

/// Names and shapes, before any number is read.
void require_tensors_of(const nn::NetworkState& state, const Checkpoint& checkpoint, const ImportOptions& options) {
  std::map<std::string_view, at::IntArrayRef> shapes;
  for (const auto* group : {&state.parameters(), &state.buffers(), &state.tied_names()}) {
    for (const auto& [name, tensor] : *group) shapes.emplace(name, tensor.sizes());
  }
  for (const std::string& name : checkpoint.tensor_names()) {
    if (!name.starts_with(kNetwork)) continue;
    const std::string own = name.substr(kNetwork.size());
    const auto known = shapes.find(own);
    if (known == shapes.end()) {
      throw InputError({.file = options.checkpoint.string(),
                        .key = fmt::format("tensor {}", own),
                        .found = fmt::format("is unknown to the network of {}", options.hparams.string()),
                        .next_step = kBelongTogether});
    }
    require_shape(checkpoint, own, known->second.vec(), options);
  }
}

at::ScalarType scalar_type(formats::NumberType type) {
  constexpr std::array<at::ScalarType, 10> kTypes = {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                                                     at::kInt,    at::kShort, at::kChar, at::kByte,     at::kBool};
  return kTypes.at(static_cast<std::size_t>(type));
}

/// The tensor keeps its storage alive.
nn::NamedTensor to_torch(const CheckpointTensor& tensor) {
  const at::ScalarType type = scalar_type(tensor.type);
  const auto length = static_cast<std::int64_t>(tensor.storage->size() / at::elementSize(type));
  const at::Tensor storage = at::from_blob(
      tensor.storage->data(), {length}, [keep = tensor.storage](void*) {}, at::TensorOptions(type));
  return {tensor.name, storage.as_strided(tensor.shape, tensor.strides, tensor.offset)};
}

std::unique_ptr<nn::Network> read_network(const Checkpoint& checkpoint, const model::Architecture& architecture,
                                          const ImportOptions& options) {
  require_known_tensors(checkpoint, options);
  require_sizes(checkpoint, architecture, options);
  auto network = nn::make_network(architecture, 0);
  require_tensors_of(network->state(), checkpoint, options);
  std::vector<nn::NamedTensor> tensors;
  for (const CheckpointTensor& tensor : checkpoint.read(kNetwork)) tensors.push_back(to_torch(tensor));
  network->state().load(tensors, options.checkpoint.string());
  return network;
}

/// What the model directory keeps of the ontology. Without one it is the root alone: evaluation then goes by the
/// store's.
nlohmann::json ontology_json(const std::optional<ontology::Ontology>& ontology,
                             const std::vector<JoinedLabel>& labels) {
  if (!ontology) {
    ontology::Term root;
    root.id = ontology::kCell;
    root.name = "cell";
    return ontology::Ontology({root}, "").to_json();
  }
  std::vector<ontology::TermIndex> terms;
  for (const JoinedLabel& label : labels) {
    if (const auto term = ontology->find(label.id)) terms.push_back(*term);
  }
  if (const auto root = ontology->find(ontology::kCell)) terms.push_back(*root);
  return ontology->to_json(terms);
}

nlohmann::json training_json(const Checkpoint& checkpoint, const std::vector<JoinedLabel>& labels,
                             const ImportOptions& options) {
  nlohmann::json json = {{"source", "published checkpoint"},
                         {"checkpoint", options.checkpoint.filename().string()},
                         {"checkpoint_sha256", core::sha256_of_file(options.checkpoint)}};
  for (const char* key : {"epoch", "global_step"}) {
    if (const auto value = checkpoint.integer(key)) json[key] = *value;
  }
  std::map<std::string, std::int64_t> counts;
  nlohmann::json unjoined = nlohmann::json::array();
  for (const JoinedLabel& label : labels) {
    ++counts[std::string(name(label.how))];
    if (label.how == JoinedBy::kNothing) {
      unjoined.push_back(fmt::format("\"{}\" has no Cell Ontology id: {}", label.label, label.reason));
    }
  }
  json["labels_joined_by"] = counts;
  if (!unjoined.empty()) json["labels_not_joined"] = unjoined;
  return json;
}

void require_joined_labels(const std::vector<JoinedLabel>& labels, const ImportOptions& options) {
  if (std::ranges::any_of(labels, [](const JoinedLabel& label) { return !label.id.empty(); })) return;
  if (options.ontology.empty()) {
    throw InputError({.file = options.labels.string(),
                      .found = "no label has a Cell Ontology id",
                      .next_step = "give --ontology cl.obo to find the ids by name"});
  }
  throw InputError({.file = options.labels.string(),
                    .found = fmt::format("none of its {} labels (\"{}\", …) is in {}", labels.size(),
                                         labels.front().label, options.ontology.string()),
                    .next_step = "check that this is the Cell Ontology"});
}

}  // namespace

model::Architecture architecture(const Hparams& hparams) {
  model::Architecture result;
  result.n_genes = hparams.integer("gene_dim");
  result.n_types = hparams.integer("type_dim");
  try {
    if (hparams.contains("n_d")) {
      result.kind = model::ModelKind::kTabnet;
      result.tabnet = {.n_d = hparams.integer("n_d"),
                       .n_a = hparams.integer("n_a"),
                       .n_steps = hparams.integer("n_steps"),
                       .gamma = hparams.real("gamma"),
                       .n_independent = hparams.integer("n_independent"),
                       .n_shared = hparams.integer("n_shared"),
                       .epsilon = hparams.real("epsilon"),
                       .virtual_batch_size = hparams.integer("virtual_batch_size"),
                       .momentum = hparams.real("momentum"),
                       .mask_type = model::parse_mask_type(hparams.text("mask_type"))};
    } else if (hparams.contains("hidden_size")) {
      result.kind = model::ModelKind::kMlp;
      result.mlp = {.n_hidden = hparams.integer("n_hidden"),
                    .hidden_size = hparams.integer("hidden_size"),
                    .dropout = hparams.real("dropout")};
    } else {
      result.kind = model::ModelKind::kLinear;
    }
    result.validate();
  } catch (const InputError& error) {
    throw error.within({.file = hparams.path().string()});
  }
  return result;
}

ImportResult import_checkpoint(const ImportOptions& options) {
  core::require_replaceable_directory(options.output, "config.json");
  const Hparams hparams(options.hparams);
  ImportResult result;
  result.architecture = architecture(hparams);
  model::ModelDescription description;
  description.architecture = result.architecture;
  description.genes = formats::read_gene_table(options.genes);
  require_count(options.genes, "genes", description.genes.ids.size(), result.architecture.n_genes, hparams);
  const formats::LabelTable table = formats::read_label_table(options.labels);
  require_count(options.labels, "labels", table.labels.size(), result.architecture.n_types, hparams);

  std::optional<ontology::Ontology> ontology;
  if (!options.ontology.empty()) ontology = ontology::Ontology::load(options.ontology);
  if (ontology) result.ontology_version = ontology->version();
  result.labels = join_labels(table, ontology);
  require_joined_labels(result.labels, options);

  const Checkpoint checkpoint(options.checkpoint);
  require_same_hyper_parameters(checkpoint, hparams, options);
  const auto network = read_network(checkpoint, result.architecture, options);

  core::StagedOutput staged(options.output);
  const std::filesystem::path& model = staged.path();
  std::filesystem::create_directories(model);
  description.name = staged.target().filename().string();
  for (const JoinedLabel& label : result.labels) description.cell_types.push_back({label.label, label.id});
  description.ontology = ontology_json(ontology, result.labels);
  description.training = training_json(checkpoint, result.labels, options);
  nn::save_weights(model / description.members.front(), *network);
  model::write_description(model, description);
  staged.commit();
  return result;
}

}  // namespace sctab::published
