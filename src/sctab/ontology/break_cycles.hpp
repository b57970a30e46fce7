#pragma once

#include <vector>

#include "sctab/ontology/term.hpp"

namespace sctab::ontology {

/// Makes a directed graph acyclic: walks depth first from node 0, 1, … along the edges as they stand and removes each
/// edge that leads back to a node of the walk's own path. Returns the removed cycles, each as the nodes from the one
/// led back to on; of a cycle of more than 8 nodes the middle is a single -1. Uses no recursion: paths may be of any
/// length.
std::vector<std::vector<TermIndex>> break_cycles(std::vector<std::vector<TermIndex>>& edges);

}  // namespace sctab::ontology
