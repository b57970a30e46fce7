#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/anndata/cells.hpp"
#include "sctab/formats/counts_choice.hpp"
#include "sctab/formats/gene_columns.hpp"

namespace sctab::anndata {
namespace {

bool has_matrix(const Cells& file, std::string_view path) {
  return std::ranges::any_of(file.matrices(), [path](const MatrixInfo& each) { return each.path == path; });
}

/// Matrices where counts are kept, most likely first: never none.
std::vector<std::string> usual_places(const Cells& file) {
  constexpr std::array kPlaces = {"raw/X",      "X",          "layers/counts", "layers/raw_counts",
                                  "layers/raw", "layers/umi", "layers/umis",   "layers/umi_counts"};
  std::vector<std::string> places;
  for (const char* path : kPlaces) {
    if (has_matrix(file, path)) places.emplace_back(path);
  }
  if (!places.empty()) return places;
  // Which of several layers holds what was counted, nothing says: velocyto's, for one, are parts of the counts.
  const std::vector<MatrixInfo> layers = file.matrices();
  if (layers.size() == 1) return {layers.front().path};
  std::vector<std::string> names;
  for (const MatrixInfo& layer : layers) names.push_back(layer.path);
  throw core::InputError(
      {.file = file.path().string(),
       .found = fmt::format("has neither X nor raw/X, but {} layers: {}", names.size(), fmt::join(names, ", ")),
       .next_step = "name the one that holds the counts with --counts"});
}

std::string full_path(const Cells& file, std::string_view named) {
  if (named == "raw.X" || named == "raw") return "raw/X";
  std::string layer = fmt::format("layers/{}", named);
  return has_matrix(file, layer) ? layer : std::string(named);
}

formats::GeneColumn columns_of(const Cells& file, std::string_view matrix_path) {
  return [&file, path = std::string(matrix_path)](std::string_view name) -> std::optional<formats::Strings> {
    if (!file.has_var(name, path)) return std::nullopt;
    const formats::Categorical values = formats::as_text(file.var(name, path).values);
    formats::Strings texts;
    for (std::size_t gene = 0; gene < values.codes.size(); ++gene) texts.push_back(values.value(gene));
    return texts;
  };
}

}  // namespace

formats::CountsSource Cells::find_counts(formats::InputKind kind, std::string_view named) const {
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

formats::Strings Cells::gene_names(std::string_view matrix_path) const {
  return formats::gene_names_of(var_names(matrix_path), columns_of(*this, matrix_path));
}

formats::Strings Cells::gene_symbols(std::string_view matrix_path) const {
  return formats::gene_symbols_of(columns_of(*this, matrix_path));
}

}  // namespace sctab::anndata
