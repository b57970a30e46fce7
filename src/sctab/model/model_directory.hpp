#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sctab/core/output_folder.hpp"
#include "sctab/genes/genes.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/covariate.hpp"

namespace sctab::model {

/// The newest format that is read. Written is 1, which every sctab reads; 2 where members have weights; or 3 where
/// there is a covariate, which a program must not ignore.
inline constexpr int kModelFormatVersion = 3;

struct CellTypeLabel {
  std::string label;
  std::string id;  // CL:…; empty for an imported model's label that is not a term
};

/// All of a model directory but the weights: config.json, genes.tsv, cell_types.tsv, ontology.json, metrics.json,
/// README.md.
struct ModelDescription {
  std::string name;  // the directory's
  Architecture architecture;
  genes::GeneList genes;  // in model order
  std::vector<CellTypeLabel> cell_types;
  nlohmann::json ontology;  // see ontology::Ontology::from_json
  nlohmann::json training;  // facts: store hash, cells, epochs, options as chosen and why
  nlohmann::json metrics;   // as evaluated; may be null
  std::vector<std::string> members = {"model.safetensors"};  // member-1.safetensors … for an ensemble
  std::vector<double> member_weights{};  // in the mean over members; positive. Empty: all count the same
  std::optional<Covariate> covariate{};  // with architecture.n_levels levels
};

/// What a model directory is to the commands that write one, and may replace another.
core::FolderKind model_folder();

/// Reads and checks it: format version, all files there and of the size and hash that config.json has for them, as many
/// genes and types as the architecture says. metrics.json and README.md have no hash: they may be rewritten. Throws
/// InputError naming the file, what was found and what was expected.
ModelDescription read_description(const std::filesystem::path& directory);

/// Writes all files but the weights into `directory`, which exists (the path() of a core::StagedOutput) and holds the
/// weights already, since config.json takes their size and hash. README.md is the model card. Throws InputError where a
/// file cannot be written.
void write_description(const std::filesystem::path& directory, const ModelDescription& description);

/// cell_types.tsv: index (from 0), label, cell_type_ontology_term_id.
void write_cell_types(const std::filesystem::path& path, const std::vector<CellTypeLabel>& cell_types);
/// Throws InputError naming file and line if the header is another, a row does not have three fields, the index is not
/// the row's, or an id is repeated. Ids may be empty: not every label has a term.
std::vector<CellTypeLabel> read_cell_types(const std::filesystem::path& path);

/// {bytes, sha256} of a file.
nlohmann::json fingerprint(const std::filesystem::path& file);

/// The model card as text: labels, genes, training facts, metrics.
std::string model_card(const ModelDescription& description);

/// SHA-256 over the architecture, the preprocessing and the hashes of genes, cell types, ontology and weights, as
/// config.json has them: changes when predictions can.
std::string model_hash(const std::filesystem::path& directory);

}  // namespace sctab::model
