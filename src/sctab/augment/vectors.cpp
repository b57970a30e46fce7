#include "sctab/augment/vectors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::augment {
namespace {

using core::InputError;

constexpr const char* kFacts = "sctab_augmentation";
constexpr double kLeastGenesFound = 0.9;
constexpr const char* kMakeVectors = "make vectors from this store with `sctab augment make`";

/// The obs columns of text, and the fields of an origin that they fill.
struct TextColumn {
  const char* name;
  std::string VectorOrigin::*field;
};
constexpr std::array kTextColumns = {TextColumn{"cell_type", &VectorOrigin::cell_type},
                                     TextColumn{"cell_type_ontology_term_id", &VectorOrigin::cell_type_id},
                                     TextColumn{"donor", &VectorOrigin::donor},
                                     TextColumn{"other_donor", &VectorOrigin::other_donor}};
constexpr const char* kCluster = "cluster";

void require_vector_columns(const h5ad::File& file) {
  for (const TextColumn& column : kTextColumns) {
    if (file.has_obs(column.name)) continue;
    throw InputError({.file = file.path().string(),
                      .found = fmt::format("obs has no column '{}'", column.name),
                      .expected = "a file of augmentation vectors",
                      .next_step = "make one with `sctab augment make STORE -o FILE`"});
  }
}

/// "made_by" and hash of a store and of those it was taken from, as `corpus subsample` notes them.
struct Lineage {
  std::vector<std::string> hashes;
  bool is_published = false;  // `corpus import` made the first of them

  explicit Lineage(const store::Store& store) : hashes{store.hash()} {
    const nlohmann::json* at = &store.provenance();
    while (at->is_object()) {
      is_published = at->value("made_by", "") == "sctab corpus import";
      const auto from = at->find("from");
      if (from == at->end() || !from->is_object()) return;
      hashes.push_back(from->value("hash", ""));
      const auto provenance = from->find("provenance");
      if (provenance == from->end()) return;
      at = &*provenance;
    }
  }
};

/// For vectors from another store, whose donors may have other names there: all must be training donors of this one.
void require_training_donors(const store::Store& store, const std::set<std::string>& donors,
                             const std::filesystem::path& path) {
  constexpr std::size_t kShown = 3;
  const std::vector<std::string>& names = store.tables().column(store::Field::kDonor);
  std::vector<std::uint8_t> trains(names.size(), 0);
  for (const std::int32_t code : store.codes(store::Split::kTrain, store::Field::kDonor)) {
    if (code >= 0) trains[static_cast<std::size_t>(code)] = 1;
  }
  std::vector<std::string> strangers;
  for (const std::string& donor : donors) {
    const auto found = std::ranges::find(names, donor);
    if (found == names.end() || trains[static_cast<std::size_t>(found - names.begin())] == 0)
      strangers.push_back(donor);
  }
  if (strangers.empty()) return;
  const std::size_t n_shown = std::min(kShown, strangers.size());
  throw InputError(
      {.file = path.string(),
       .found = fmt::format(
           "vectors from another store, with {} ({}{}) without training cells in {}, which may be its validation or "
           "test donors under other names",
           core::plural(std::ssize(strangers), "donor"),
           fmt::join(strangers.begin(), strangers.begin() + static_cast<std::ptrdiff_t>(n_shown), ", "),
           n_shown < strangers.size() ? ", …" : "", store.directory().string()),
       .next_step = kMakeVectors});
}

void require_no_held_out_donors(const store::Store& store, const Vectors& vectors, const std::filesystem::path& path) {
  std::set<std::string> donors;
  bool nameless = false;
  for (const VectorOrigin& origin : vectors.origins) {
    for (const std::string& donor : {origin.donor, origin.other_donor}) {
      const bool known = store::is_known(donor) && donor != kNotPublished;
      if (known) donors.insert(donor);
      nameless = nameless || !known;
    }
  }
  const std::vector<std::string>& names = store.tables().column(store::Field::kDonor);
  for (const store::Split split : {store::Split::kVal, store::Split::kTest}) {
    for (const std::int32_t code : store.codes(split, store::Field::kDonor)) {
      if (code < 0 || !donors.contains(names[static_cast<std::size_t>(code)])) continue;
      throw InputError(
          {.file = path.string(),
           .found = fmt::format("a vector from donor {}, who is in the {} split of {}, so the model would "
                                "be judged on people it has seen",
                                names[static_cast<std::size_t>(code)], store::name(split), store.directory().string()),
           .next_step = kMakeVectors});
    }
  }
  const Lineage lineage(store);
  if (!vectors.store_hash.empty() && std::ranges::count(lineage.hashes, vectors.store_hash) > 0) return;
  require_training_donors(store, donors, path);
  if (nameless && !lineage.is_published) {
    spdlog::warn(
        "warning: {} does not say whose cells its vectors come from; if they include validation or test donors of {}, "
        "the model is judged on people it has seen",
        path.string(), store.directory().string());
  }
}

}  // namespace

void write_vectors(const std::filesystem::path& path, const Vectors& vectors, const nlohmann::json& facts) {
  SCTAB_ASSERT(std::ssize(vectors.origins) == vectors.values.n_cells);
  core::StagedOutput staged(path);
  h5ad::Writer writer(staged.path(), vectors.values.n_genes);
  writer.append(vectors.values.view());
  formats::Strings names;
  formats::Integers clusters;
  for (std::size_t i = 0; i < vectors.origins.size(); ++i) {
    names.push_back(fmt::format("vector-{:05}", i + 1));
    clusters.push_back(vectors.origins[i].cluster);
  }
  std::vector<formats::Column> columns;
  for (const TextColumn& column : kTextColumns) {
    formats::Strings texts;
    for (const VectorOrigin& origin : vectors.origins) texts.push_back(origin.*column.field);
    columns.push_back({column.name, formats::as_categorical(texts)});
  }
  columns.push_back({kCluster, clusters});
  writer.write_obs(names, columns);
  const formats::Column symbols{"gene_symbol", vectors.genes.symbols};
  writer.write_var(vectors.genes.ids, std::span(&symbols, 1));
  writer.write_uns({{kFacts, facts}});
  writer.close();
  staged.commit();
}

Vectors read_vectors(const std::filesystem::path& path) {
  const h5ad::File file(path);
  require_vector_columns(file);
  Vectors vectors;
  vectors.store_hash = file.uns_text(fmt::format("{}/store_hash", kFacts));
  vectors.genes.ids = file.var_names();
  const auto n_vectors = file.n_cells();
  if (n_vectors == 0) {
    throw InputError({.file = path.string(),
                      .found = "no augmentation vectors in the file",
                      .expected = "at least 1",
                      .next_step = "make the vectors again with `sctab augment make`"});
  }
  (void)file.read_rows("X")->next(n_vectors, vectors.values);
  for (sparse::CellIndex i = 0; i < vectors.values.n_cells; ++i) {
    for (const float value : vectors.values.row(i).data) {
      if (std::isfinite(value)) continue;
      throw InputError({.file = path.string(),
                        .subject = fmt::format("vector {}", i + 1),
                        .found = fmt::format("the value {}", value),
                        .expected = "finite differences of means",
                        .next_step = "make the vectors again with `sctab augment make`"});
    }
  }
  vectors.origins.resize(static_cast<std::size_t>(n_vectors));
  for (const TextColumn& column : kTextColumns) {
    const formats::Categorical texts = file.obs_as_text(column.name);
    for (std::size_t i = 0; i < vectors.origins.size(); ++i) vectors.origins[i].*column.field = texts.value(i);
  }
  if (file.has_obs(kCluster)) {
    const formats::Column column = file.obs(kCluster);
    if (const auto* clusters = std::get_if<formats::Integers>(&column.values)) {
      for (std::size_t i = 0; i < vectors.origins.size(); ++i) {
        vectors.origins[i].cluster = static_cast<std::int32_t>((*clusters)[i]);
      }
    }
  }
  return vectors;
}

sparse::CsrMatrix vectors_for(const store::Store& store, const Vectors& vectors, const std::filesystem::path& path) {
  const genes::GeneAlignment alignment(vectors.genes.ids, store.genes(), {});
  const auto n_genes = store.genes().size();
  if (alignment.n_found() < kLeastGenesFound * n_genes) {
    throw InputError({.file = path.string(),
                      .found = fmt::format("{} of the {} genes of the store {}", alignment.n_found(), n_genes,
                                           store.directory().string()),
                      .expected = fmt::format("at least {:.0f}%", 100 * kLeastGenesFound),
                      .next_step = kMakeVectors});
  }
  if (alignment.n_found() < n_genes) {
    spdlog::warn("warning: {} has {} of the store's {} genes; augmentation leaves the others as they are",
                 path.string(), core::format_count(alignment.n_found()), core::format_count(n_genes));
  }
  require_no_held_out_donors(store, vectors, path);
  return alignment.apply(vectors.values.view());
}

}  // namespace sctab::augment
