#pragma once

#include <string>
#include <string_view>

#include "sctab/formats/tenx/features.hpp"

namespace sctab::tenx {

/// Whether a genome is human, by the names that references have: GRCh38, GRCh38-2024-A, hg19, …
bool is_human_genome(std::string_view genome);

/// Takes the genome off the front of ids and names where features are of several: "GRCh38_ENSG…" and "mm10___ENSMUSG…".
void strip_genomes(Features& features);

/// Leaves out genes of other genomes where some are human; `choice` keeps its order. Returns what was left out, as a
/// sentence; empty where nothing was.
std::string keep_human_genes(const Features& features, GeneChoice& choice);

}  // namespace sctab::tenx
