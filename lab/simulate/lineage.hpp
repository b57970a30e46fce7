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
  std::string_view parents;  // ids of its is_a parents in CL, separated by spaces; all are in the table
};

/// The release that the table follows.
inline constexpr std::string_view kLineageRelease = "cl/releases/2023-07-20";

/// The simulated types and every term above them, by id.
std::span<const LineageTerm> lineage_terms();

/// The terms as a graph.
ontology::Ontology lineage();

/// Writes the graph as an obo file for any reader of the Cell Ontology.
void write_lineage_obo(const std::filesystem::path& path);

/// A tissue that sources come from, in the terms of the CELLxGENE columns.
struct Tissue {
  std::string_view name, general;
};
inline constexpr std::size_t kTissues = 6;
std::span<const Tissue, kTissues> tissues();

/// A true type of cells. None is a subtype of another; each has more than 7 ancestors.
struct CellType {
  std::string_view id;
  std::array<float, kTissues> abundance;  // relative number of its cells in each tissue; 0 = none
};

/// In the order in which n_types selects them: the first 24 cover every tissue and compartment.
std::span<const CellType> cell_types();

}  // namespace sctab::simulate
