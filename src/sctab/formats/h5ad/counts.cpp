#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "sctab/formats/counts_choice.hpp"
#include "sctab/formats/gene_columns.hpp"
#include "sctab/formats/h5ad/reader.hpp"

namespace sctab::h5ad {
namespace {

bool has_matrix(const File& file, std::string_view path) {
  return std::ranges::any_of(file.matrices(), [path](const MatrixInfo& each) { return each.path == path; });
}

/// Matrices where counts are kept, most likely first.
std::vector<std::string> usual_places(const File& file) {
  constexpr std::array kPlaces = {"raw/X",      "X",          "layers/counts", "layers/raw_counts",
                                  "layers/raw", "layers/umi", "layers/umis",   "layers/umi_counts"};
  std::vector<std::string> places;
  for (const char* path : kPlaces) {
    if (has_matrix(file, path)) places.emplace_back(path);
  }
  return places;
}

std::string full_path(const File& file, std::string_view named) {
  if (named == "raw.X" || named == "raw") return "raw/X";
  std::string layer = fmt::format("layers/{}", named);
  return has_matrix(file, layer) ? layer : std::string(named);
}

formats::GeneColumn columns_of(const File& file, std::string_view matrix_path) {
  return [&file, path = std::string(matrix_path)](std::string_view name) -> std::optional<formats::Strings> {
    if (!file.has_var(name, path)) return std::nullopt;
    const formats::Categorical values = formats::as_text(file.var(name, path).values);
    formats::Strings texts;
    for (std::size_t gene = 0; gene < values.codes.size(); ++gene) texts.push_back(values.value(gene));
    return texts;
  };
}

}  // namespace

formats::CountsSource File::find_counts(formats::InputKind kind, std::string_view named) const {
  std::vector<std::string> places;
  if (!named.empty()) {
    places.push_back(full_path(*this, named));
  } else if (kind == formats::InputKind::kLogNormalised) {
    places.emplace_back("X");
  } else {
    places = usual_places(*this);
  }
  std::vector<formats::CountsCandidate> candidates;
  for (const std::string& path : places) {
    const MatrixInfo info = matrix(path);
    candidates.push_back({path, info.n_genes, info.nnz, summarise_values(path)});
  }
  return formats::choose_counts(path(), kind, !named.empty(), candidates);
}

formats::Strings File::gene_names(std::string_view matrix_path) const {
  return formats::gene_names_of(var_names(matrix_path), columns_of(*this, matrix_path));
}

formats::Strings File::gene_symbols(std::string_view matrix_path) const {
  return formats::gene_symbols_of(columns_of(*this, matrix_path));
}

}  // namespace sctab::h5ad
