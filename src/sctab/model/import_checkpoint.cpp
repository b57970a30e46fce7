#include "sctab/model/import_checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "sctab/core/error.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/formats/name_tables.hpp"
#include "sctab/formats/safetensors/safetensors.hpp"
#include "sctab/formats/torch_checkpoint/checkpoint.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/model/network_tensors.hpp"

namespace sctab::model {
namespace {

using core::InputError;
using ontology::MatchedBy;
using ontology::MatchedLabel;
using torch_checkpoint::Checkpoint;
using torch_checkpoint::CheckpointTensor;
using torch_checkpoint::Hparams;
using torch_checkpoint::PickleNode;

constexpr std::string_view kNetwork = "classifier.";
constexpr const char* kBelongTogether = "check that the two belong together";

// What a checkpoint holds that predictions do not need.
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

[[noreturn]] void refuse_tensor(const ImportOptions& options, std::string_view tensor, std::string found,
                                std::string expected, std::string next_step = kBelongTogether) {
  throw InputError({.file = options.checkpoint.string(),
                    .key = fmt::format("tensor {}", tensor),
                    .found = std::move(found),
                    .expected = std::move(expected),
                    .next_step = std::move(next_step)});
}

/// Throws where the checkpoint has a tensor whose part in the prediction we do not know: early, unpublished versions
/// subtracted feature_means, say.
void require_known_tensors(const Checkpoint& checkpoint, const std::vector<NetworkTensor>& network,
                           const ImportOptions& options) {
  std::set<std::string_view> known;
  for (const NetworkTensor& tensor : network) known.insert(tensor.name);
  for (const std::string& name : checkpoint.tensor_names()) {
    if (!name.starts_with(kNetwork)) {
      if (is_unused(name)) continue;
      refuse_tensor(options, name, "is not in scTab's published networks, so its effect is unknown", "",
                    "check that it is one of the published checkpoints");
    }
    const std::string_view own = std::string_view(name).substr(kNetwork.size());
    if (known.contains(own)) continue;
    refuse_tensor(options, own, fmt::format("is unknown to the network of {}", options.hparams.string()), "");
  }
}

/// Names and shapes, before any number is read. At least one of a parameter's tied names must be there.
void require_shapes(const Checkpoint& checkpoint, const std::vector<NetworkTensor>& network,
                    const ImportOptions& options) {
  std::set<std::string> given;
  for (const std::string& name : checkpoint.tensor_names()) given.insert(name);
  const auto full_name = [](std::string_view name) { return fmt::format("{}{}", kNetwork, name); };
  std::set<std::string_view> has_tied_name;
  for (const NetworkTensor& tensor : network) {
    if (!tensor.tied_to.empty() && given.contains(full_name(tensor.name))) has_tied_name.insert(tensor.tied_to);
  }
  for (const NetworkTensor& tensor : network) {
    const std::string name = full_name(tensor.name);
    if (!given.contains(name) && (!tensor.tied_to.empty() || has_tied_name.contains(tensor.name))) continue;
    const auto found = checkpoint.shape(name);
    if (found == tensor.shape) continue;
    refuse_tensor(options, name, found ? fmt::format("has the shape [{}]", fmt::join(*found, ", ")) : "is missing",
                  fmt::format("[{}], by {}", fmt::join(tensor.shape, ", "), options.hparams.string()));
  }
}

/// The numbers of a tensor as a model file has them: float32, counters as int64.
std::vector<std::byte> numbers_of(const CheckpointTensor& given, const NetworkTensor& tensor,
                                  const ImportOptions& options) {
  const auto bytes_of = [](const auto& values) {
    const auto bytes = std::as_bytes(std::span(values));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const bool is_counter = tensor.role == NetworkTensor::Role::kCounter;
  if (formats::is_floating(given.type) == is_counter) {
    refuse_tensor(options, tensor.name, std::string(formats::name(given.type)), is_counter ? "I64" : "F32");
  }
  const std::vector<double> numbers = torch_checkpoint::numbers(given);
  if (is_counter) return bytes_of(std::vector<std::int64_t>(numbers.begin(), numbers.end()));
  const std::vector<float> values(numbers.begin(), numbers.end());
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
    refuse_tensor(options, tensor.name, "NaN or infinite values", "finite ones",
                  "download the file again; it is damaged, or its training failed");
  }
  return bytes_of(values);
}

/// The network of the checkpoint as .safetensors, tied weights once under their first name.
void write_weights(const std::filesystem::path& path, const Checkpoint& checkpoint,
                   const std::vector<NetworkTensor>& network, const ImportOptions& options) {
  std::map<std::string, CheckpointTensor> given;
  for (CheckpointTensor& tensor : checkpoint.read(kNetwork)) {
    const std::string name = tensor.name;
    if (!given.emplace(name, std::move(tensor)).second) refuse_tensor(options, name, "is given twice", "");
  }
  struct Numbers {
    std::string from;  // the tensor that gave them
    std::vector<std::byte> bytes;
  };
  std::map<std::string_view, Numbers> numbers;  // by first name
  for (const NetworkTensor& tensor : network) {
    const auto found = given.find(tensor.name);
    if (found == given.end()) continue;
    std::vector<std::byte> bytes = numbers_of(found->second, tensor, options);
    const auto [first, is_new] = numbers.try_emplace(tensor.tied_to.empty() ? tensor.name : tensor.tied_to);
    if (is_new)
      first->second = {tensor.name, std::move(bytes)};
    else if (first->second.bytes != bytes) {
      refuse_tensor(options, tensor.name, "differs from tensor " + first->second.from,
                    "the same values: they are one tied weight");
    }
  }
  std::vector<safetensors::ArrayView> arrays;
  for (const NetworkTensor& tensor : network) {
    if (!tensor.tied_to.empty()) continue;
    const auto type =
        tensor.role == NetworkTensor::Role::kCounter ? formats::NumberType::kI64 : formats::NumberType::kF32;
    arrays.push_back({tensor.name, type, tensor.shape, numbers.at(tensor.name).bytes});
  }
  safetensors::write(path, std::move(arrays), {{"format", "pt"}});
}

/// What the model directory keeps of the ontology. Without one it is the root alone: evaluation then uses the store's.
nlohmann::json ontology_json(const std::optional<ontology::Ontology>& ontology,
                             const std::vector<MatchedLabel>& labels) {
  if (!ontology) {
    ontology::Term root;
    root.id = ontology::kCell;
    root.name = "cell";
    return ontology::Ontology({root}, "").to_json();
  }
  std::vector<ontology::TermIndex> terms = terms_of(labels, *ontology);
  if (const auto root = ontology->find(ontology::kCell)) terms.push_back(*root);
  return ontology->to_json(terms);
}

nlohmann::json training_json(const Checkpoint& checkpoint, const std::vector<MatchedLabel>& labels,
                             const ImportOptions& options) {
  nlohmann::json json = {{"source", "published checkpoint"},
                         {"checkpoint", options.checkpoint.filename().string()},
                         {"checkpoint_sha256", core::sha256_of_file(options.checkpoint)}};
  for (const char* key : {"epoch", "global_step"}) {
    if (const auto value = checkpoint.integer(key)) json[key] = *value;
  }
  std::map<std::string, std::int64_t> counts;
  nlohmann::json unmatched = nlohmann::json::array();
  for (const MatchedLabel& label : labels) {
    ++counts[std::string(name(label.how))];
    if (label.how == MatchedBy::kNothing) {
      unmatched.push_back(fmt::format("\"{}\" has no Cell Ontology id: {}", label.label, label.reason));
    }
  }
  json["labels_joined_by"] = counts;
  if (!unmatched.empty()) json["labels_not_joined"] = unmatched;
  return json;
}

void require_matched_labels(const std::vector<MatchedLabel>& labels, const ImportOptions& options) {
  if (std::ranges::any_of(labels, [](const MatchedLabel& label) { return !label.id.empty(); })) return;
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

Architecture architecture_of(const Hparams& hparams) {
  Architecture result;
  result.n_genes = hparams.integer("gene_dim");
  result.n_types = hparams.integer("type_dim");
  try {
    if (hparams.contains("n_d")) {
      result.kind = ModelKind::kTabnet;
      result.tabnet = {.n_d = hparams.integer("n_d"),
                       .n_a = hparams.integer("n_a"),
                       .n_steps = hparams.integer("n_steps"),
                       .gamma = hparams.real("gamma"),
                       .n_independent = hparams.integer("n_independent"),
                       .n_shared = hparams.integer("n_shared"),
                       .epsilon = hparams.real("epsilon"),
                       .virtual_batch_size = hparams.integer("virtual_batch_size"),
                       .momentum = hparams.real("momentum"),
                       .mask_type = parse_mask_type(hparams.text("mask_type"))};
    } else if (hparams.contains("hidden_size")) {
      result.kind = ModelKind::kMlp;
      result.mlp = {.n_hidden = hparams.integer("n_hidden"),
                    .hidden_size = hparams.integer("hidden_size"),
                    .dropout = hparams.real("dropout")};
    } else {
      result.kind = ModelKind::kLinear;
    }
    result.validate();
  } catch (const InputError& error) {
    throw error.within({.file = hparams.path().string()});
  }
  return result;
}

nlohmann::json to_json(const ImportResult& result) {
  return {{"model", result.model.string()},
          {"architecture", to_json(result.architecture)},
          {"ontology", result.ontology_version},
          {"labels", ontology::to_json(result.labels)}};
}

ImportResult import_checkpoint(const ImportOptions& options) {
  core::StagedFolder staged(options.output, model_folder(), options.overwrite);
  const Hparams hparams(options.hparams);
  ImportResult result;
  result.model = options.output;
  result.architecture = architecture_of(hparams);
  ModelDescription description;
  description.architecture = result.architecture;
  description.genes = formats::read_gene_table(options.genes);
  require_count(options.genes, "genes", description.genes.ids.size(), result.architecture.n_genes, hparams);
  const formats::LabelTable table = formats::read_label_table(options.labels);
  require_count(options.labels, "labels", table.labels.size(), result.architecture.n_types, hparams);

  std::optional<ontology::Ontology> ontology;
  if (!options.ontology.empty()) ontology = ontology::Ontology::load(options.ontology);
  if (ontology) result.ontology_version = ontology->version();
  result.labels = ontology::match_labels(table.labels, table.ids, ontology);
  require_matched_labels(result.labels, options);

  const Checkpoint checkpoint(options.checkpoint);
  require_same_hyper_parameters(checkpoint, hparams, options);
  const std::vector<NetworkTensor> network = network_tensors(result.architecture);
  require_shapes(checkpoint, network, options);
  require_known_tensors(checkpoint, network, options);

  const std::filesystem::path& model = staged.path();
  std::filesystem::create_directories(model);
  description.name = staged.target().filename().string();
  for (const MatchedLabel& label : result.labels) description.cell_types.push_back({label.label, label.id});
  description.ontology = ontology_json(ontology, result.labels);
  description.training = training_json(checkpoint, result.labels, options);
  write_weights(model / description.members.front(), checkpoint, network, options);
  write_description(model, description);
  staged.commit();
  return result;
}

}  // namespace sctab::model
