#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::tenx {

/// What 10x counts: the rows of features.tsv or genes.tsv, and of the group `features` of an .h5.
struct Features {
  formats::Strings ids;      // one a feature
  formats::Strings names;    // symbols; empty where the file has none
  formats::Strings types;    // "Gene Expression", "Antibody Capture", …; empty where the file has none
  formats::Strings genomes;  // "GRCh38"; empty where there is but one

  [[nodiscard]] std::size_t size() const { return ids.size(); }
};

/// Reads rows of id; id and name; or id, name, feature type and whatever else. Tabs between them, no header. A third
/// column is that of types if it has any type that 10x knows. text: UTF-8 without a byte order mark. Throws InputError
/// naming `path` and the line where rows differ in their number of columns or an id is empty.
Features parse_features(std::string text, const std::filesystem::path& path);

/// Ids and names of references of two species begin with a genome, "GRCh38_ENSG…" and "mm10___ENSMUSG…": moves it to
/// `genomes`.
void split_genomes(Features& features);

/// The features that are genes.
struct GeneChoice {
  std::vector<core::GeneIndex> gene_of_feature;  // the column that a feature becomes; -1: left out
  core::GeneIndex n_genes = 0;
  std::string note;  // "left out 17 features that are not genes: Antibody Capture (17)"; empty where all are genes

  /// The values of the genes; `values` has one a feature, or none.
  [[nodiscard]] formats::Strings of_genes(const formats::Strings& values) const;
};

/// Leaves out every feature of a type other than "Gene Expression". Throws InputError naming `file` where nothing is
/// left, or where there are no types and the names are those of antibodies: by CITE-seq-Count's last row "unmapped", or
/// because they have "TotalSeq" or a tag's bases ("CD3-CTCATTGTAACTCCT") in them.
GeneChoice choose_genes(const Features& features, const std::filesystem::path& file);

/// Names for matching, one a gene: Ensembl ids where most are, else symbols.
formats::Strings gene_names(const Features& features, const GeneChoice& choice);
/// Symbols besides Ensembl ids; empty where the file has no others.
formats::Strings gene_symbols(const Features& features, const GeneChoice& choice);

}  // namespace sctab::tenx
