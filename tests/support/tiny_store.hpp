#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sctab/ontology/ontology.hpp"
#include "support/small_store.hpp"

namespace sctab::tests {

struct TinyStoreOptions {
  std::array<store::CellIndex, 3> n_cells = {300, 60, 60};  // train, val, test
  core::GeneIndex n_genes = 60;
  std::uint64_t seed = 1;
  std::int64_t n_train_types = 3;  // of the three, those that training and validation have
  // Training and validation cells take types in turn, each as often as here; test cells take each once.
  std::array<std::size_t, 3> deal = {1, 1, 1};
  double own_mean = 2.0;              // mean count of a gene in its own type's cells; 0.2 in others
  bool first_tissue_missing = false;  // for all cells of tissue_general 0
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

/// A store whose types 0 to 2 are easy to tell apart by default: each has its own genes, at ten times the mean of the
/// others. Every split has donors of its own and two tissues. Returns the opened store.
inline store::Store make_tiny_store(const std::filesystem::path& directory, const TinyStoreOptions& options = {}) {
  SmallStore cells(options.n_genes, options.seed);
  cells.tables.cell_types = {{"T cell", "CL:0000084"},
                             {"CD4-positive, alpha-beta T cell", "CL:0000624"},
                             {"B cell", "CL:0000236"},
                             {"monocyte", "CL:0000576"}};
  for (std::size_t field = 1; field < store::kNumFields; ++field) {
    const std::string name(store::name(static_cast<store::Field>(field)));
    cells.tables.values[field] = {name + " 0", name + " 1", name + " 2"};
  }
  cells.ontology = ontology::Ontology(tiny_terms(), "tiny").to_json();
  std::vector<std::int32_t> dealt;
  for (std::int32_t type = 0; type < options.n_train_types; ++type) {
    dealt.insert(dealt.end(), options.deal.at(static_cast<std::size_t>(type)), type);
  }
  const std::vector<std::int32_t> evenly = {0, 1, 2};
  core::Rng rng(options.seed);
  for (const store::Split split : store::kSplits) {
    const auto& types = split == store::Split::kTest ? evenly : dealt;
    const auto code = static_cast<std::int32_t>(split);
    for (store::CellIndex cell = 0; cell < options.n_cells.at(static_cast<std::size_t>(split)); ++cell) {
      const std::int32_t type = types[static_cast<std::size_t>(cell) % types.size()];
      const auto tissue = static_cast<std::int32_t>(cell % 2);
      const std::int32_t general = options.first_tissue_missing && tissue == 0 ? -1 : tissue;
      cells.add(
          rng, [&](core::GeneIndex gene) { return gene % 3 == type ? options.own_mean : 0.2; },
          {type, code, code, 0, tissue, general, 0}, split);
    }
  }
  return cells.write(directory);
}

}  // namespace sctab::tests
