#include "sctab/model/model_directory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>
#include <utility>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::model {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using core::JsonFields;
using nlohmann::json;

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kGenes = "genes.tsv";
constexpr std::string_view kCellTypes = "cell_types.tsv";
constexpr std::string_view kOntology = "ontology.json";
constexpr std::string_view kMetrics = "metrics.json";
constexpr std::string_view kCard = "README.md";
constexpr int kFormatOfWeights = 2;
const std::vector<std::string> kCellTypeColumns = {"index", "label", "cell_type_ontology_term_id"};

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

/// The top of config.json. Refers to `config`.
JsonFields fields_of(const json& config, const fs::path& directory) {
  return {config, {.file = (directory / kConfig).string(), .next_step = kCopyAgain}};
}

/// config.json, of a format that this program reads.
json read_config(const fs::path& directory) {
  if (fs::exists(directory) && !fs::is_directory(directory)) {
    throw InputError({.file = directory.string(),
                      .found = "is a file, not a model directory",
                      .next_step = "give the folder that `sctab train` wrote, or the name of an installed model"});
  }
  if (!fs::exists(directory)) {
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
  const auto version = fields_of(config, directory).get<std::int64_t>("format_version");
  if (version < 1 || version > kModelFormatVersion) {
    throw InputError({.file = path.string(),
                      .key = "format_version",
                      .found = fmt::format("{}, which {}", version,
                                           version < 1 ? "no version of sctab writes" : "a newer sctab writes"),
                      .expected = fmt::format("at most {}", kModelFormatVersion),
                      .next_step = "update sctab, or train again"});
  }
  return config;
}

std::vector<std::string> read_members(const JsonFields& config) {
  auto members = config.get<std::vector<std::string>>("members");
  const auto is_file_name = [](const std::string& name) { return !name.empty() && fs::path(name).filename() == name; };
  if (members.empty()) throw config.error("members", "at least one file name, like model.safetensors");
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (is_file_name(members[i])) continue;
    throw config.error(fmt::format("members[{}]", i), "a file name, like model.safetensors", members[i]);
  }
  return members;
}

/// Empty where the members count the same.
std::vector<double> read_member_weights(const JsonFields& config, std::size_t n_members) {
  const auto version = config.get<std::int64_t>("format_version");
  if (!config.has("member_weights") && version < kFormatOfWeights) return {};
  auto weights = config.get<std::vector<double>>("member_weights");
  // The mean over members is taken in float, and their sum must fit too.
  constexpr double kLeast = std::numeric_limits<float>::min();
  const double most = std::numeric_limits<float>::max() / static_cast<double>(n_members);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] >= kLeast && weights[i] <= most) continue;
    throw config.error(fmt::format("member_weights[{}]", i), fmt::format("{:.2g} to {:.2g}", kLeast, most),
                       fmt::format("{}", weights[i]));
  }
  const bool may_be_none = version > kFormatOfWeights;
  if (weights.size() != n_members && !(may_be_none && weights.empty())) {
    throw config.error("member_weights",
                       fmt::format("one for each of {}", core::plural(static_cast<std::int64_t>(n_members), "member")),
                       core::plural(std::ssize(weights), "number"));
  }
  return weights;
}

bool is_member(std::string_view name, std::string_view ending) {
  return name.starts_with("member-") && name.ends_with(ending);
}

bool is_file_of_model(const std::string& name) {
  constexpr std::array kFiles = {kConfig, kGenes, kCellTypes, kOntology, kMetrics, kCard};
  const bool is_weights = name == ModelDescription().members.front() || is_member(name, ".safetensors");
  return is_weights || std::ranges::count(kFiles, name) > 0;
}

/// "a finished model of kind linear, trained on 800 cells of blood".
std::string describe_finished_model(const fs::path& directory) {
  const json config = read_config(directory);
  const JsonFields fields = fields_of(config, directory);
  const JsonFields training = fields.object("training");
  std::string text = fmt::format("a finished model of kind {}", fields.object("architecture").get<std::string>("kind"));
  const auto n_cells = training.find<std::int64_t>("n_train_cells");
  const auto store = training.find<std::string>("store"), checkpoint = training.find<std::string>("checkpoint");
  if (store && n_cells) text += fmt::format(", trained on {} of {}", core::plural(*n_cells, "cell"), *store);
  if (checkpoint) text += fmt::format(", imported from {}", *checkpoint);
  return text;
}

int format_version(const ModelDescription& description) {
  if (description.covariate) return kModelFormatVersion;
  return description.member_weights.empty() ? 1 : kFormatOfWeights;
}

void check_file(const fs::path& file, const JsonFields& files) {
  const JsonFields expected = files.object(file.filename().string());
  const auto n_bytes = expected.get<std::uint64_t>("bytes");
  const auto hash = expected.get<std::string>("sha256");
  const auto refuse = [&](const std::string& found, const std::string& wanted) {
    throw InputError({.file = file.string(),
                      .found = found,
                      .expected = wanted,
                      .next_step = "the file is damaged or was changed: copy the model directory again"});
  };
  const std::string size = fmt::format("{} bytes", n_bytes);
  if (!fs::exists(file)) refuse("missing", size);
  const auto found = core::identity_of(core::open_input(file, {.next_step = "copy the model directory again"}), file);
  if (std::cmp_not_equal(found.bytes, n_bytes)) refuse(fmt::format("{} bytes", found.bytes), size);
  if (core::sha256_of_file(file) != hash) refuse("its SHA-256 is not the one in config.json", "");
}

/// Throws unless there are as many members and levels as the architecture says.
void check_counts(const JsonFields& config, const ModelDescription& description) {
  const std::size_t n_parts = description.architecture.members.size();
  if (description.architecture.kind == ModelKind::kMixed && n_parts != description.members.size()) {
    throw config.error("members", fmt::format("{}, as the architecture has members", n_parts),
                       core::plural(std::ssize(description.members), "file"));
  }
  const std::int64_t n_levels = description.covariate ? std::ssize(description.covariate->levels) : 0;
  if (n_levels != description.architecture.n_levels) {
    throw config.error("covariate.levels", fmt::format("{}, as in the architecture", description.architecture.n_levels),
                       core::plural(n_levels, "level"));
  }
}

void check_count(const fs::path& file, std::string_view thing, std::size_t found, std::int64_t expected) {
  if (static_cast<std::int64_t>(found) == expected) return;
  throw InputError({.file = file.string(),
                    .found = core::plural(static_cast<std::int64_t>(found), thing),
                    .expected = fmt::format("{}, as in config.json", expected),
                    .next_step = "the files belong to different models: copy the model directory again"});
}

}  // namespace

void write_cell_types(const std::filesystem::path& path, const std::vector<CellTypeLabel>& cell_types) {
  std::string text = fmt::format("{}\n", fmt::join(kCellTypeColumns, "\t"));
  for (std::size_t i = 0; i < cell_types.size(); ++i) {
    for (const std::string& name : {cell_types[i].label, cell_types[i].id}) core::require_tsv_field(path, name);
    text += fmt::format("{}\t{}\t{}\n", i, cell_types[i].label, cell_types[i].id);
  }
  core::write_file_atomically(path, text);
}

std::vector<CellTypeLabel> read_cell_types(const std::filesystem::path& path) {
  core::CsvReader tsv(path, core::kPlainTsv);
  tsv.require_header(kCellTypeColumns);
  std::vector<CellTypeLabel> cell_types;
  std::unordered_set<std::string> seen;
  for (std::vector<std::string> row; tsv.next(row);) {
    const std::string& id = row[2];
    if (row[0] != std::to_string(cell_types.size())) {
      throw tsv.error({.found = fmt::format("the index '{}'", row[0]),
                       .expected = std::to_string(cell_types.size()),
                       .next_step = "restore the file; it is damaged"});
    }
    if (!id.empty() && !seen.insert(id).second) {
      throw tsv.error({.found = fmt::format("the id {} again", id),
                       .expected = "each id once",
                       .next_step = "restore the file; it is damaged"});
    }
    cell_types.push_back({std::move(row[1]), std::move(row[2])});
  }
  return cell_types;
}

core::FolderKind model_folder() {
  return {.noun = "model",
          .marker = std::string(kConfig),
          .is_ours = is_file_of_model,
          .subfolder = "run",
          .is_ours_in_subfolder =
              [](const std::string& name) { return name == "metrics.jsonl" || is_member(name, ".jsonl"); },
          .describe = describe_finished_model};
}

json fingerprint(const fs::path& file) {
  return {{"bytes", fs::file_size(file)}, {"sha256", core::sha256_of_file(file)}};
}

ModelDescription read_description(const fs::path& directory) {
  const std::string path = (directory / kConfig).string();
  const json json_value = read_config(directory);
  const JsonFields config = fields_of(json_value, directory);
  if (config.value("preprocessing") != preprocessing()) {
    throw config.error("preprocessing",
                       fmt::format("{}, the only kind that this program does", preprocessing().dump()));
  }
  ModelDescription description;
  description.name = fs::canonical(directory).filename().string();
  description.architecture = architecture_from_json(config.value("architecture"), path);
  description.members = read_members(config);
  description.member_weights = read_member_weights(config, description.members.size());
  if (json_value.contains("covariate")) description.covariate = covariate_from_json(json_value["covariate"], path);
  check_counts(config, description);
  description.training = config.value("training");
  for (const std::string& file : guarded_files(description.members))
    check_file(directory / file, config.object("files"));

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
  const json config = read_config(directory);
  json decisive;
  for (const char* key : {"architecture", "preprocessing", "members", "files"}) {
    decisive[key] = fields_of(config, directory).value(key);
  }
  for (const char* key : {"member_weights", "covariate"}) {
    if (config.contains(key)) decisive[key] = config[key];
  }
  return core::Sha256().add(decisive.dump()).hex();
}

}  // namespace sctab::model
