#pragma once

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/store/store.hpp"
#include "sctab/store/writer.hpp"
#include "support/gene_id.hpp"

namespace sctab::tests {

/// The content of a small store: cells are added one by one, and the tables filled, before it is written.
class SmallStore {
 public:
  /// Genes: see gene_list(). seed: for the store's order of cells.
  explicit SmallStore(core::GeneIndex n_genes, std::uint64_t seed = 1) : seed_(seed), genes_(gene_list(n_genes)) {
    counts_.clear(n_genes);
  }

  store::CategoryTables tables{};
  nlohmann::json ontology = {{"version", "none"}};
  nlohmann::json provenance = {{"made_by", "a test"}};

  /// Adds a cell with Poisson counts. mean(gene): of its count. codes: in the tables, in the order of store::Field.
  template <typename Mean>
  void add(core::Rng& rng, Mean mean, const std::array<std::int32_t, store::kNumFields>& codes, store::Split split) {
    std::vector<core::GeneIndex> genes;
    std::vector<float> values;
    for (core::GeneIndex gene = 0; gene < counts_.n_genes; ++gene) {
      const auto count = rng.poisson(mean(gene));
      if (count == 0) continue;
      genes.push_back(gene);
      values.push_back(static_cast<float>(count));
    }
    counts_.append_row(genes, values);
    obs_.push_back({codes, static_cast<store::CellIndex>(obs_.size())});
    splits_.push_back(split);
  }

  store::Store write(const std::filesystem::path& directory) const {
    core::Progress::set_quiet(true);
    std::array<store::CellIndex, store::kSplits.size()> n_cells{};
    for (const store::Split split : splits_) ++n_cells.at(static_cast<std::size_t>(split));
    store::Writer writer(directory, genes_, tables, n_cells, {.seed = seed_, .threads = 1});
    writer.add(counts_.view(), obs_, splits_);
    writer.finish(ontology, provenance);
    return store::Store::open(directory);
  }

 private:
  std::uint64_t seed_;
  genes::GeneList genes_;
  sparse::CsrMatrix counts_;
  std::vector<store::CellObs> obs_;
  std::vector<store::Split> splits_;
};

}  // namespace sctab::tests
