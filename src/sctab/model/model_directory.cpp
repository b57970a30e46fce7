#include "sctab/model/model_directory.hpp"

#include <fmt/format.h>

#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/model/model_tables.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::model {
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

constexpr const char* kCopyAgain = "the file is damaged: copy the model directory again";

const json& require(const json& config, const char* key, const fs::path& path) {
  const auto found = config.find(key);
  if (found == config.end()) {
    throw InputError({.file = path.string(), .key = key, .found = "missing", .next_step = kCopyAgain});
  }
  return *found;
}

/// config.json, of a format that this program reads.
json read_config(const fs::path& directory) {
  if (!fs::is_directory(directory)) {
    throw InputError({.file = directory.string(),
                      .found = "no such model directory",
                      .next_step = fmt::format("make one with `sctab train STORE -o {}`", directory.string())});
  }
  const fs::path path = directory / kConfig;
  if (!fs::exists(path)) {
    throw InputError({.file = directory.string(),
                      .found = fmt::format("contains no {}", kConfig),
                      .expected = "a model directory as sctab train writes it"});
  }
  json config = core::read_json(path);
  if (!config.is_object() || !config.value("format_version", json()).is_number_integer()) {
    throw InputError({.file = path.string(),
                      .key = "format_version",
                      .expected = "a whole number, as in every model's configuration"});
  }
  const auto version = config["format_version"].get<std::int64_t>();
  if (version < 1 || version > kModelFormatVersion) {
    throw InputError(
        {.file = path.string(),
         .key = "format_version",
         .found = fmt::format("{}, which {}", version, version < 1 ? "no sctab writes" : "a newer sctab writes"),
         .expected = fmt::format("at most {}", kModelFormatVersion),
         .next_step = "update sctab, or train again"});
  }
  return config;
}

std::vector<std::string> read_members(const json& config, const fs::path& path) {
  const json& list = require(config, "members", path);
  std::vector<std::string> members;
  for (const json& item : list) {
    const std::string name = item.is_string() ? item.get<std::string>() : "";
    if (name.empty() || fs::path(name).filename() != name) {
      throw InputError({.file = path.string(),
                        .key = "members",
                        .found = item.dump(),
                        .expected = "file names like model.safetensors",
                        .next_step = kCopyAgain});
    }
    members.push_back(name);
  }
  if (members.empty()) {
    throw InputError({.file = path.string(),
                      .key = "members",
                      .found = "an empty list",
                      .expected = "at least one",
                      .next_step = kCopyAgain});
  }
  return members;
}

/// Empty where the members count the same.
std::vector<double> read_member_weights(const json& config, std::size_t n_members, const fs::path& path) {
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    throw InputError({.file = path.string(),
                      .key = "member_weights",
                      .found = found,
                      .expected = expected,
                      .next_step = kCopyAgain});
  };
  if (!config.contains("member_weights")) {
    if (config.at("format_version") < kFormatOfWeights) return {};
    refuse("missing", fmt::format("a list of numbers, as models of format {} and later have", kFormatOfWeights));
  }
  const json& list = config["member_weights"];
  if (!list.is_array()) refuse(list.dump(), "a list of numbers");
  // The mean over members is taken in float, and their sum must fit too.
  constexpr double kLeast = std::numeric_limits<float>::min();
  const double most = std::numeric_limits<float>::max() / static_cast<double>(n_members);
  std::vector<double> weights;
  for (const json& item : list) {
    const double weight = item.is_number() ? item.get<double>() : -1;
    if (!(weight >= kLeast && weight <= most)) {
      refuse(item.dump(), fmt::format("a number from {:.2g} to {:.2g}", kLeast, most));
    }
    weights.push_back(weight);
  }
  const bool may_be_none = config.at("format_version") > kFormatOfWeights;
  if (weights.size() != n_members && !(may_be_none && weights.empty())) {
    refuse(core::plural(weights.size(), "number"),
           fmt::format("one for each of {}", core::plural(n_members, "member")));
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
  const auto refuse = [&](const std::string& found, const std::string& wanted) {
    throw InputError({.file = file.string(),
                      .found = found,
                      .expected = wanted,
                      .next_step = "the file is damaged or was changed: copy the model directory again"});
  };
  if (!expected.is_object() || !expected.value("bytes", json()).is_number_unsigned() ||
      !expected.value("sha256", json()).is_string()) {
    refuse("config.json does not give its size and hash", "");
  }
  const std::string size = fmt::format("{} bytes", expected["bytes"].get<std::uint64_t>());
  if (!fs::is_regular_file(file)) refuse("missing", size);
  if (fs::file_size(file) != expected["bytes"]) refuse(fmt::format("{} bytes", fs::file_size(file)), size);
  if (core::sha256_of_file(file) != expected["sha256"]) {
    refuse("its SHA-256 is not the one in config.json", "");
  }
}

void check_members(const fs::path& path, const ModelDescription& description) {
  const std::size_t n_parts = description.architecture.members.size();
  if (description.architecture.kind != ModelKind::kMixed || n_parts == description.members.size()) return;
  throw InputError({.file = path.string(),
                    .key = "members",
                    .found = core::plural(description.members.size(), "file"),
                    .expected = fmt::format("{}, as the architecture has members", n_parts),
                    .next_step = kCopyAgain});
}

void check_levels(const fs::path& path, const ModelDescription& description) {
  const std::size_t n_levels = description.covariate ? description.covariate->levels.size() : 0;
  if (static_cast<std::int64_t>(n_levels) == description.architecture.n_levels) return;
  throw InputError({.file = path.string(),
                    .key = "covariate.levels",
                    .found = core::plural(n_levels, "level"),
                    .expected = fmt::format("{}, as in the architecture", description.architecture.n_levels),
                    .next_step = kCopyAgain});
}

void check_count(const fs::path& file, std::string_view thing, std::size_t found, std::int64_t expected) {
  if (static_cast<std::int64_t>(found) == expected) return;
  throw InputError({.file = file.string(),
                    .found = core::plural(found, thing),
                    .expected = fmt::format("{}, as in config.json", expected),
                    .next_step = "the files belong to different models: copy the model directory again"});
}

}  // namespace

ModelDescription read_description(const fs::path& directory) {
  const fs::path path = directory / kConfig;
  const json config = read_config(directory);
  if (require(config, "preprocessing", path) != preprocessing()) {
    throw InputError({.file = path.string(),
                      .key = "preprocessing",
                      .found = config["preprocessing"].dump(),
                      .expected = fmt::format("{}, the only kind that this program does", preprocessing().dump())});
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
  check_count(directory / kGenes, "gene", description.genes.ids.size(), description.architecture.n_genes);
  description.cell_types = read_cell_types(directory / kCellTypes);
  check_count(directory / kCellTypes, "cell type", description.cell_types.size(), description.architecture.n_types);
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

}  // namespace sctab::model
