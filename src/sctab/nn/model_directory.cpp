#include "sctab/nn/model_directory.hpp"

#include <fmt/format.h>

#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/nn/model_tables.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::nn {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using nlohmann::json;

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kGenes = "genes.tsv";
constexpr std::string_view kCellTypes = "cell_types.tsv";
constexpr std::string_view kOntology = "ontology.json";
constexpr std::string_view kMetrics = "metrics.json";
constexpr std::string_view kCard = "README.md";
constexpr int kFormatOfWeights = 2;

json preprocessing() {
  return {{"target_counts", static_cast<std::int64_t>(sparse::kTargetCounts)}, {"log1p", true}};
}

/// The files that a prediction depends on, which config.json holds to their size and hash.
std::vector<std::string> guarded_files(const std::vector<std::string>& members) {
  std::vector<std::string> files = {std::string(kGenes), std::string(kCellTypes), std::string(kOntology)};
  files.insert(files.end(), members.begin(), members.end());
  return files;
}

const json& require(const json& config, const char* key, const fs::path& path) {
  const auto found = config.find(key);
  if (found == config.end()) {
    throw InputError(
        fmt::format("{}: no '{}', expected one; the file is damaged or not a model's", path.string(), key));
  }
  return *found;
}

/// config.json, of a format that this program reads.
json read_config(const fs::path& directory) {
  if (!fs::is_directory(directory)) {
    throw InputError(fmt::format("{}: no such model directory; `sctab train STORE -o {}` makes one", directory.string(),
                                 directory.string()));
  }
  const fs::path path = directory / kConfig;
  if (!fs::exists(path)) {
    throw InputError(fmt::format("{}: no {} in it, expected a model directory as sctab train writes it",
                                 directory.string(), kConfig));
  }
  json config = core::read_json(path);
  if (!config.is_object() || !config.value("format_version", json()).is_number_integer()) {
    throw InputError(fmt::format("{}: no format_version, expected a model's configuration", path.string()));
  }
  const auto version = config["format_version"].get<std::int64_t>();
  if (version < 1 || version > kModelFormatVersion) {
    throw InputError(fmt::format("{}: format {} is of {} sctab, expected at most {}; update sctab, or train again",
                                 path.string(), version, version < 1 ? "no" : "a newer", kModelFormatVersion));
  }
  return config;
}

std::vector<std::string> read_members(const json& config, const fs::path& path) {
  const json& list = require(config, "members", path);
  std::vector<std::string> members;
  for (const json& item : list) {
    const std::string name = item.is_string() ? item.get<std::string>() : "";
    if (name.empty() || fs::path(name).filename() != name) {
      throw InputError(fmt::format("{}: member {} is no file name, expected one like model.safetensors", path.string(),
                                   item.dump()));
    }
    members.push_back(name);
  }
  if (members.empty()) throw InputError(fmt::format("{}: no members, expected at least one", path.string()));
  return members;
}

/// None where the members weigh the same.
std::vector<double> read_member_weights(const json& config, std::size_t n_members, const fs::path& path) {
  if (!config.contains("member_weights")) {
    if (config.at("format_version") < kFormatOfWeights) return {};
    throw InputError(fmt::format(
        "{}: no 'member_weights', and models of format {} and later have them; the file is damaged, copy the model "
        "directory again",
        path.string(), kFormatOfWeights));
  }
  const json& list = config["member_weights"];
  if (!list.is_array()) {
    throw InputError(
        fmt::format("{}: member_weights is {}, expected a list of numbers; the file is damaged, copy the model "
                    "directory again",
                    path.string(), list.dump()));
  }
  // The mean over members is taken in float, and their sum must fit too.
  constexpr double kLeast = std::numeric_limits<float>::min();
  const double most = std::numeric_limits<float>::max() / static_cast<double>(n_members);
  std::vector<double> weights;
  for (const json& item : list) {
    const double weight = item.is_number() ? item.get<double>() : -1;
    if (!(weight >= kLeast && weight <= most)) {
      throw InputError(
          fmt::format("{}: member weight {} is not above 0 and finite, expected {:.2g} to {:.2g}; the file is damaged, "
                      "copy the model directory again",
                      path.string(), item.dump(), kLeast, most));
    }
    weights.push_back(weight);
  }
  const bool may_be_none = config.at("format_version") > kFormatOfWeights;
  if (weights.size() != n_members && !(may_be_none && weights.empty())) {
    throw InputError(
        fmt::format("{}: has {} member weights, expected one for each of {} members; the file is damaged, copy "
                    "the model directory again",
                    path.string(), weights.size(), n_members));
  }
  return weights;
}

int format_version(const ModelDescription& description) {
  if (description.covariate) return kModelFormatVersion;
  return description.member_weights.empty() ? 1 : kFormatOfWeights;
}

json fingerprint(const fs::path& file) {
  return {{"bytes", fs::file_size(file)}, {"sha256", core::sha256_of_file(file)}};
}

void check_file(const fs::path& file, const json& files) {
  const json expected = files.is_object() ? files.value(file.filename().string(), json()) : json();
  if (!expected.is_object() || !expected.value("bytes", json()).is_number_unsigned() ||
      !expected.value("sha256", json()).is_string()) {
    throw InputError(
        fmt::format("{}: config.json has no size and hash of it; copy the model directory again", file.string()));
  }
  if (!fs::is_regular_file(file)) {
    throw InputError(fmt::format("{}: missing, expected {} bytes; copy the model directory again", file.string(),
                                 expected["bytes"].get<std::uint64_t>()));
  }
  if (fs::file_size(file) != expected["bytes"]) {
    throw InputError(fmt::format("{}: has {} bytes, expected {}; it was cut or changed, copy the model directory again",
                                 file.string(), fs::file_size(file), expected["bytes"].get<std::uint64_t>()));
  }
  if (core::sha256_of_file(file) != expected["sha256"]) {
    throw InputError(
        fmt::format("{}: its content is not what config.json expects (SHA-256 differs); it was damaged or "
                    "changed, copy the model directory again",
                    file.string()));
  }
}

void check_members(const fs::path& path, const ModelDescription& description) {
  const std::size_t n_parts = description.architecture.members.size();
  if (description.architecture.kind != ModelKind::kMixed || n_parts == description.members.size()) return;
  throw InputError(
      fmt::format("{}: has the architecture of {} members and the files of {}, expected as many; the file "
                  "is damaged, copy the model directory again",
                  path.string(), n_parts, description.members.size()));
}

void check_levels(const fs::path& path, const ModelDescription& description) {
  const std::size_t n_levels = description.covariate ? description.covariate->levels.size() : 0;
  if (static_cast<std::int64_t>(n_levels) == description.architecture.n_levels) return;
  throw InputError(
      fmt::format("{}: its covariate has {} levels and its architecture {}, expected as many; the file is damaged, "
                  "copy the model directory again",
                  path.string(), n_levels, description.architecture.n_levels));
}

void check_count(const fs::path& file, std::string_view things, std::size_t found, std::int64_t expected) {
  if (static_cast<std::int64_t>(found) == expected) return;
  throw InputError(fmt::format("{}: {} {}, expected the {} of config.json; the files are of different models",
                               file.string(), found, things, expected));
}

}  // namespace

ModelDescription read_description(const fs::path& directory) {
  const fs::path path = directory / kConfig;
  const json config = read_config(directory);
  if (require(config, "preprocessing", path) != preprocessing()) {
    throw InputError(fmt::format("{}: preprocessing is {}, expected {}: other input this program cannot make",
                                 path.string(), config["preprocessing"].dump(), preprocessing().dump()));
  }
  ModelDescription description;
  description.name = fs::canonical(directory).filename().string();
  description.architecture = architecture_from_json(require(config, "architecture", path), path.string());
  description.members = read_members(config, path);
  description.member_weights = read_member_weights(config, description.members.size(), path);
  check_members(path, description);
  if (config.contains("covariate")) {
    description.covariate = covariate_from_json(config["covariate"], path.string());
  }
  check_levels(path, description);
  description.training = require(config, "training", path);
  for (const std::string& file : guarded_files(description.members)) {
    check_file(directory / file, require(config, "files", path));
  }

  description.genes = genes::read_genes_tsv(directory / kGenes);
  check_count(directory / kGenes, "genes", description.genes.ids.size(), description.architecture.n_genes);
  description.cell_types = read_cell_types(directory / kCellTypes);
  check_count(directory / kCellTypes, "cell types", description.cell_types.size(), description.architecture.n_types);
  description.ontology = core::read_json(directory / kOntology);
  if (fs::exists(directory / kMetrics)) description.metrics = core::read_json(directory / kMetrics);
  return description;
}

void write_description(const fs::path& directory, const ModelDescription& description) {
  description.architecture.validate();
  SCTAB_ASSERT(description.architecture.members.empty() ||
               description.architecture.members.size() == description.members.size());
  SCTAB_ASSERT(description.member_weights.empty() || description.member_weights.size() == description.members.size());
  SCTAB_ASSERT(static_cast<std::int64_t>(description.genes.ids.size()) == description.architecture.n_genes);
  SCTAB_ASSERT(static_cast<std::int64_t>(description.cell_types.size()) == description.architecture.n_types);
  SCTAB_ASSERT(description.architecture.n_levels ==
               (description.covariate ? static_cast<std::int64_t>(description.covariate->levels.size()) : 0));
  genes::write_genes_tsv(directory / kGenes, description.genes);
  write_cell_types(directory / kCellTypes, description.cell_types);
  core::write_json(directory / kOntology, description.ontology);
  if (!description.metrics.is_null()) core::write_json(directory / kMetrics, description.metrics);
  core::write_file_atomically(directory / kCard, model_card(description));

  json files;
  for (const std::string& file : guarded_files(description.members)) files[file] = fingerprint(directory / file);
  json config = {{"format_version", format_version(description)},
                 {"sctab_version", SCTAB_VERSION},
                 {"architecture", to_json(description.architecture)},
                 {"preprocessing", preprocessing()},
                 {"members", description.members},
                 {"training", description.training},
                 {"files", files}};
  if (format_version(description) >= kFormatOfWeights) config["member_weights"] = description.member_weights;
  if (description.covariate) config["covariate"] = to_json(*description.covariate);
  core::write_json(directory / kConfig, config);
}

std::string model_hash(const fs::path& directory) {
  const fs::path path = directory / kConfig;
  const json config = read_config(directory);
  json decisive;
  for (const char* key : {"architecture", "preprocessing", "members", "files"}) {
    decisive[key] = require(config, key, path);
  }
  for (const char* key : {"member_weights", "covariate"}) {
    if (config.contains(key)) decisive[key] = config[key];
  }
  return core::Sha256().add(decisive.dump()).hex();
}

}  // namespace sctab::nn
