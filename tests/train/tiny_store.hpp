#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::tests {

struct TinyStoreOptions {
  std::array<store::CellIndex, 3> n_cells = {300, 60, 60};  // train, val, test
  sparse::GeneIndex n_genes = 60;
  std::uint64_t seed = 1;
  std::int64_t n_train_types = 3;  // of the three, those that training and validation have
  // Cells of each type in a round of dealing types out in training and validation; test has as many of each.
  std::array<std::size_t, 3> deal = {1, 1, 1};
  double own_mean = 2.0;              // counts of a gene in its own type's cells; 0.2 in others
  bool first_tissue_missing = false;  // of all cells of tissue_general 0
};

/// A T cell, its subtype CD4 T cell, a B cell and a type without any cell.
inline std::vector<ontology::Term> tiny_terms() {
  const auto term = [](std::string id, std::string name, std::vector<std::string> parents) {
    ontology::Term made;
    made.id = std::move(id);
    made.name = std::move(name);
    made.parents = std::move(parents);
    return made;
  };
  return {term("CL:0000542", "lymphocyte", {}), term("CL:0000084", "T cell", {"CL:0000542"}),
          term("CL:0000624", "CD4-positive, alpha-beta T cell", {"CL:0000084"}),
          term("CL:0000236", "B cell", {"CL:0000542"}), term("CL:0000576", "monocyte", {})};
}

/// A store whose types 0 to 2 are easy to tell apart unless told otherwise: each has genes of its own at ten times the
/// others' mean. Every split has donors of its own and two tissues. Returns the opened store.
inline store::Store make_tiny_store(const std::filesystem::path& directory, const TinyStoreOptions& options = {}) {
  genes::GeneList genes;
  for (int g = 0; g < options.n_genes; ++g) {
    genes.ids.push_back("ENSG" + std::string(11 - std::to_string(g).size(), '0') + std::to_string(g));
    genes.symbols.push_back("G" + std::to_string(g));
  }
  store::CategoryTables tables;
  tables.cell_types = {{"T cell", "CL:0000084"},
                       {"CD4-positive, alpha-beta T cell", "CL:0000624"},
                       {"B cell", "CL:0000236"},
                       {"monocyte", "CL:0000576"}};
  for (std::size_t field = 1; field < store::kNumFields; ++field) {
    const std::string name(store::name(static_cast<store::Field>(field)));
    tables.values[field] = {name + " 0", name + " 1", name + " 2"};
  }
  store::Writer writer(directory, genes, tables, options.n_cells, {.seed = options.seed, .threads = 1});
  std::vector<std::int32_t> dealt;
  for (std::int32_t type = 0; type < options.n_train_types; ++type) {
    dealt.insert(dealt.end(), options.deal.at(static_cast<std::size_t>(type)), type);
  }
  const std::vector<std::int32_t> evenly = {0, 1, 2};
  core::Rng rng(options.seed);
  sparse::CsrMatrix counts;
  counts.clear(options.n_genes);
  std::vector<store::CellObs> obs;
  std::vector<store::Split> splits;
  for (const store::Split split : store::kSplits) {
    const auto s = static_cast<std::size_t>(split);
    for (store::CellIndex cell = 0; cell < options.n_cells[s]; ++cell) {
      const auto& types = split == store::Split::kTest ? evenly : dealt;
      const std::int32_t type = types[static_cast<std::size_t>(cell) % types.size()];
      std::vector<sparse::GeneIndex> indices;
      std::vector<float> data;
      for (sparse::GeneIndex g = 0; g < options.n_genes; ++g) {
        const auto count = rng.poisson(g % 3 == type ? options.own_mean : 0.2);
        if (count == 0) continue;
        indices.push_back(g);
        data.push_back(static_cast<float>(count));
      }
      counts.append_row(indices, data);
      const auto code = static_cast<std::int32_t>(s), tissue = static_cast<std::int32_t>(cell % 2);
      const std::int32_t general = options.first_tissue_missing && tissue == 0 ? -1 : tissue;
      obs.push_back({{type, code, code, 0, tissue, general, 0}, static_cast<store::CellIndex>(obs.size())});
      splits.push_back(split);
    }
  }
  writer.add(counts.view(), obs, splits);
  writer.finish(ontology::Ontology(tiny_terms(), "tiny").to_json(), {{"made_by", "tests"}});
  return store::Store::open(directory);
}

}  // namespace sctab::tests
