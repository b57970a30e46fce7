#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <string_view>

#include "sctab/ontology/ontology.hpp"

namespace sctab::simulate {

/// One Cell Ontology term above a simulated type, or the type itself.
struct LineageTerm {
  std::string_view id, name;
  std::string_view parents;  // ids of its is_a edges to CL terms, separated by blanks; all stand in the table
};

/// The release that the table follows.
inline constexpr std::string_view kLineageRelease = "cl/releases/2023-07-20";

/// The simulated types and every term above them, by id.
std::span<const LineageTerm> lineage_terms();

/// The same as a graph.
ontology::Ontology lineage();

/// Writes it as an obo file that any reader of the Cell Ontology takes.
void write_lineage_obo(const std::filesystem::path& path);

/// A tissue that sources are taken from, in the words of the CELLxGENE columns.
struct Tissue {
  std::string_view name, general;
};
inline constexpr std::size_t kTissues = 6;
std::span<const Tissue, kTissues> tissues();

/// A cell type that cells can truly be. None lies below another; each has more than 7 ancestors.
struct CellType {
  std::string_view id;
  std::array<float, kTissues> abundance;  // cells of it among the cells of each tissue, relative; 0 = not found there
};

/// In the order in which `n_types` takes them: the first 24 cover every tissue and compartment.
std::span<const CellType> cell_types();

}  // namespace sctab::simulate
