#include "sctab/augmentation/vectors.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "sctab/anndata/reader.hpp"
#include "sctab/anndata/writer.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::augmentation {
namespace {

using core::InputError;

constexpr const char* kFacts = "sctab_augmentation";
constexpr double kLeastGenesFound = 0.9;

/// The obs columns of text, and where they stand in an origin.
struct TextColumn {
  const char* name;
  std::string VectorOrigin::*field;
};
constexpr std::array kTextColumns = {TextColumn{"cell_type", &VectorOrigin::cell_type},
                                     TextColumn{"cell_type_ontology_term_id", &VectorOrigin::cell_type_id},
                                     TextColumn{"donor", &VectorOrigin::donor},
                                     TextColumn{"other_donor", &VectorOrigin::other_donor}};
constexpr const char* kCluster = "cluster";

void require_vector_columns(const anndata::File& file) {
  for (const TextColumn& column : kTextColumns) {
    if (file.has_obs(column.name)) continue;
    throw InputError(fmt::format(
        "{}: is no file of augmentation vectors, for its obs has no column {}; `sctab augment STORE -o FILE` makes one",
        file.path().string(), column.name));
  }
}

}  // namespace

void write_vectors(const std::filesystem::path& path, const Vectors& vectors, const nlohmann::json& facts) {
  SCTAB_ASSERT(std::ssize(vectors.origins) == vectors.values.n_cells);
  core::StagedOutput staged(path);
  anndata::Writer writer(staged.path(), vectors.values.n_genes);
  writer.append(vectors.values.view());
  anndata::Strings names;
  anndata::Integers clusters;
  for (std::size_t i = 0; i < vectors.origins.size(); ++i) {
    names.push_back(fmt::format("vector-{:05}", i + 1));
    clusters.push_back(vectors.origins[i].cluster);
  }
  std::vector<anndata::Column> columns;
  for (const TextColumn& column : kTextColumns) {
    anndata::Strings texts;
    for (const VectorOrigin& origin : vectors.origins) texts.push_back(origin.*column.field);
    columns.push_back({column.name, anndata::as_categorical(texts)});
  }
  columns.push_back({kCluster, clusters});
  writer.write_obs(names, columns);
  const anndata::Column symbols{"gene_symbol", vectors.genes.symbols};
  writer.write_var(vectors.genes.ids, std::span(&symbols, 1));
  writer.write_uns({{kFacts, facts}});
  writer.close();
  staged.commit();
}

Vectors read_vectors(const std::filesystem::path& path) {
  const anndata::File file(path);
  require_vector_columns(file);
  Vectors vectors;
  vectors.genes.ids = file.var_names();
  const auto n_vectors = file.n_cells();
  if (n_vectors == 0) throw InputError(fmt::format("{}: holds no augmentation vectors; make them anew", path.string()));
  (void)file.read_rows("X")->next(n_vectors, vectors.values);
  for (sparse::CellIndex i = 0; i < vectors.values.n_cells; ++i) {
    for (const float value : vectors.values.row(i).data) {
      if (std::isfinite(value)) continue;
      throw InputError(
          fmt::format("{}: vector {} holds {}, which is no difference of means; make the vectors anew with "
                      "`sctab augment`",
                      path.string(), i + 1, value));
    }
  }
  vectors.origins.resize(static_cast<std::size_t>(n_vectors));
  for (const TextColumn& column : kTextColumns) {
    const anndata::Categorical texts = file.obs_as_text(column.name);
    for (std::size_t i = 0; i < vectors.origins.size(); ++i) vectors.origins[i].*column.field = texts.value(i);
  }
  if (file.has_obs(kCluster)) {
    const anndata::Column column = file.obs(kCluster);
    if (const auto* clusters = std::get_if<anndata::Integers>(&column.values)) {
      for (std::size_t i = 0; i < vectors.origins.size(); ++i) {
        vectors.origins[i].cluster = static_cast<std::int32_t>((*clusters)[i]);
      }
    }
  }
  return vectors;
}

sparse::CsrMatrix vectors_for(const store::Store& store, const Vectors& vectors, const std::filesystem::path& path) {
  const sparse::GeneAlignment alignment(vectors.genes.ids, store.genes(), {});
  const auto n_genes = store.genes().size();
  if (alignment.n_found() < kLeastGenesFound * n_genes) {
    throw InputError(
        fmt::format("{}: has {} of the {} genes of the store {}, and {:.0f}% are needed; make vectors of "
                    "this store with `sctab augment`",
                    path.string(), alignment.n_found(), n_genes, store.directory().string(), 100 * kLeastGenesFound));
  }
  if (alignment.n_found() < n_genes) {
    spdlog::warn("warning: {} has {} of the store's {} genes; augmentation leaves the others as they are",
                 path.string(), core::format_count(alignment.n_found()), core::format_count(n_genes));
  }
  std::set<std::string> donors;
  for (const VectorOrigin& origin : vectors.origins) {
    donors.insert(origin.donor);
    donors.insert(origin.other_donor);
  }
  const std::vector<std::string>& names = store.tables().column(store::Field::kDonor);
  for (const store::Split split : {store::Split::kVal, store::Split::kTest}) {
    for (const std::int32_t code : store.codes(split, store::Field::kDonor)) {
      if (code < 0 || !donors.contains(names[static_cast<std::size_t>(code)])) continue;
      throw InputError(fmt::format(
          "{}: holds vectors of donor {}, who is of the {} split of the store {}: the model would be judged on people "
          "it has seen; make vectors of this store with `sctab augment`",
          path.string(), names[static_cast<std::size_t>(code)], store::name(split), store.directory().string()));
    }
  }
  return alignment.apply(vectors.values.view());
}

}  // namespace sctab::augmentation
