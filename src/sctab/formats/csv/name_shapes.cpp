#include "sctab/formats/csv/name_shapes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "sctab/formats/obs_values.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::csv {
namespace {

/// Families of which a symbol is the name and a number, with a few letters and digits behind it.
constexpr std::array<std::string_view, 48> kFamilies = {
    "ABCA",  "ABCB", "ABCC", "ACOT", "ADAM", "ANKRD", "ARHGAP", "ATP6V", "CCDC",   "CCL",  "CCNB", "CCR",
    "CDK",   "CD",   "CLDN", "COL",  "CXCL", "CXCR",  "CYP",    "DDX",   "EIF",    "FAM",  "IFI",  "IFIT",
    "IL",    "ITGA", "ITGB", "KIF",  "KRT",  "LINC",  "MIR",    "MRPL",  "MRPS",   "MYO",  "NLRP", "NDUFA",
    "NDUFB", "PSMA", "PSMB", "RNF",  "RPL",  "RPS",   "SLC",    "TMEM",  "TNFRSF", "TRIM", "USP",  "ZNF"};
constexpr std::array<std::string_view, 5> kPrefixes = {"MT-", "HLA-", "IGHV", "TRAV", "TRBV"};
constexpr std::array<std::string_view, 48> kCommonGenes = {
    "ACTB",  "ACTG1", "AIF1",   "ALB",   "APOE",  "B2M",    "C1QA",  "CALM1",  "CLU",  "CST3",  "EEF1A1", "EGFR",
    "EPCAM", "FCN1",  "FOS",    "FOXP3", "FTH1",  "FTL",    "GAPDH", "GNLY",   "GZMB", "HBA1",  "HBB",    "INS",
    "JUN",   "LYZ",   "MALAT1", "MKI67", "MS4A1", "NEAT1",  "NKG7",  "PECAM1", "PPBP", "PTPRC", "S100A8", "S100A9",
    "SFTPC", "SOX2",  "TMSB4X", "TP53",  "TPT1",  "TSPAN6", "TTN",   "TUBB",   "UBB",  "UBC",   "VIM",    "XIST"};

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

/// What is behind a prefix; a null view where the text does not begin with it.
std::string_view behind(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view();
}

bool is_member_of_family(std::string_view name) {
  constexpr std::size_t kLongestTail = 6;
  return std::ranges::any_of(kFamilies, [name](std::string_view family) {
    const std::string_view tail = behind(name, family);
    return !tail.empty() && is_digit(tail.front()) && (tail.size() <= kLongestTail || family == "LINC") &&
           std::ranges::all_of(tail, is_alnum);
  });
}

/// AL627309.1, AC133644.2, AP006222: genes named for the clones on which they were found.
bool is_clone(std::string_view name) {
  constexpr std::size_t kDigits = 6, kLetters = 2;
  const bool known = name.starts_with("AC") || name.starts_with("AL") || name.starts_with("AP");
  if (!known || name.size() < kLetters + kDigits) return false;
  if (!std::ranges::all_of(name.substr(kLetters, kDigits), is_digit)) return false;
  const std::string_view tail = name.substr(kLetters + kDigits);
  return tail.empty() || (tail.size() > 1 && tail.front() == '.' && std::ranges::all_of(tail.substr(1), is_digit));
}

bool is_ensembl(const std::string& name) {
  using genes::GeneIdKind;
  const GeneIdKind kind = genes::detect_id_kind(std::span(&name, 1));
  return kind == GeneIdKind::kEnsemblHuman || kind == GeneIdKind::kEnsemblOther;
}

bool has_bases(std::string_view name) {
  constexpr std::ptrdiff_t kBases = 10;
  std::ptrdiff_t n = 0;
  for (const char c : name) {
    n = std::string_view("ACGTN").find(c) == std::string_view::npos ? 0 : n + 1;
    if (n == kBases) return true;
  }
  return false;
}

bool is_surely_cell(std::string_view name) {
  if (has_bases(name)) return true;
  const std::string upper = upper_case(name);
  for (const std::string_view prefix : {"GSM", "SRR", "ERR", "SAM", "CELL"}) {
    const std::string_view tail = behind(upper, prefix);
    if (!tail.empty() && is_digit(tail.back())) return true;
  }
  return false;
}

template <typename Is>
double share(std::span<const std::string> names, Is is) {
  if (names.empty()) return 0;
  return static_cast<double>(std::ranges::count_if(names, is)) / static_cast<double>(names.size());
}

/// Lower case, letters and digits only: "Cell type" and "cell_type" are one title.
std::string plain_title(std::string_view title) {
  std::string plain = formats::trimmed_lower_case(title);
  std::erase_if(plain, [](char c) { return !is_alnum(c); });
  return plain;
}

template <std::size_t kSize>
bool is_any_of(std::string_view title, const std::array<std::string_view, kSize>& titles) {
  const std::string plain = plain_title(title);
  return std::ranges::find(titles, plain) != titles.end();
}

}  // namespace

bool is_surely_gene(std::string_view name) {
  const std::string upper = upper_case(name);
  if (std::ranges::find(kCommonGenes, upper) != kCommonGenes.end()) return true;
  for (const std::string_view prefix : kPrefixes) {
    if (upper.size() > prefix.size() && upper.starts_with(prefix)) return true;
  }
  return is_member_of_family(upper) || is_clone(upper) || is_ensembl(std::string(name));
}

double gene_share(std::span<const std::string> names) {
  return share(names, [](const std::string& name) { return is_surely_gene(name); });
}

double cell_share(std::span<const std::string> names) {
  return share(names, [](const std::string& name) { return is_surely_cell(name); });
}

bool is_title_of_genes(std::string_view title) {
  constexpr std::array<std::string_view, 19> kTitles = {
      "gene",    "genes",       "geneid",     "geneids",  "genename",   "genenames", "genesymbol",
      "symbol",  "symbols",     "hgncsymbol", "hgnc",     "ensembl",    "ensemblid", "ensemblgeneid",
      "feature", "featurename", "featureid",  "features", "genesymbols"};
  return is_any_of(title, kTitles);
}

bool is_title_of_symbols(std::string_view title) {
  constexpr std::array<std::string_view, 9> kTitles = {
      "genename", "genenames", "genesymbol", "symbol", "symbols", "hgncsymbol", "hgnc", "featurename", "genesymbols"};
  return is_any_of(title, kTitles);
}

bool is_title_of_cells(std::string_view title) {
  constexpr std::array<std::string_view, 10> kTitles = {"cell",    "cells",    "cellid",      "cellids",   "cellname",
                                                        "barcode", "barcodes", "cellbarcode", "cellnames", "obsnames"};
  return is_any_of(title, kTitles);
}

bool is_title_of_names(std::string_view title) {
  constexpr std::array<std::string_view, 8> kTitles = {"",     "index", "id",       "ids",
                                                       "name", "names", "rownames", "unnamed0"};
  return is_any_of(title, kTitles) || is_title_of_genes(title) || is_title_of_cells(title);
}

bool is_cell_measure(std::string_view title) {
  constexpr std::array<std::string_view, 40> kTitles = {
      "ncountrna",      "nfeaturerna", "ncount",      "nfeature",    "ncounts",        "ngenes",       "numi",
      "ngene",          "numis",       "totalcounts", "totalumis",   "ngenesbycounts", "percentmt",    "percentmito",
      "pctmt",          "pctcountsmt", "pctmito",     "percentribo", "mitofraction",   "doubletscore", "doubletscores",
      "scrubletscore",  "sscore",      "g2mscore",    "leiden",      "louvain",        "cluster",      "clusters",
      "seuratclusters", "batch",       "age",         "sizefactor",  "sizefactors",    "umap1",        "umap2",
      "tsne1",          "tsne2",       "celltype",    "librarysize", "plate"};
  const std::string plain = plain_title(title);
  return std::ranges::find(kTitles, plain) != kTitles.end() || plain.starts_with("rnasnnres");
}

bool is_gene_measure(std::string_view title) {
  constexpr std::array<std::string_view, 17> kTitles = {
      "length",   "genelength", "exonlength", "width",  "start",    "end",        "chr",    "chromosome",  "strand",
      "seqnames", "gc",         "gccontent",  "entrez", "entrezid", "entrezgene", "ncells", "entrezgeneid"};
  return is_any_of(title, kTitles);
}

}  // namespace sctab::csv
