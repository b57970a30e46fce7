#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::h5ad {
namespace {

// log1p(10,000), and some room for rounding: what a cell with a single gene would have.
constexpr double kLargestLogNormalised = 9.2104 + 0.01;

struct Candidate {
  MatrixInfo matrix;
  ValueSummary values;
};

std::string what_it_holds(const ValueSummary& values) {
  const std::string largest = fmt::format("up to {:.6g}", values.largest);
  if (values.non_finite) return "NaN or infinite values";
  if (values.negative) return "values below 0 (scaled)";
  if (values.integers) return "integers " + largest;
  return (values.looks_log_normalised() ? "log-normalised values " : "non-integers ") + largest;
}

formats::CountsSource found(const MatrixInfo& matrix, bool log_normalised, bool integers, std::string reason) {
  return {matrix.path, log_normalised, integers, std::move(reason), matrix.n_genes, matrix.nnz};
}

/// Matrices where counts are kept, most likely first.
std::vector<std::string> usual_places(const File& file) {
  constexpr std::array kLayers = {"counts", "raw_counts", "raw", "umi", "umis", "umi_counts"};
  std::vector<std::string> places;
  const auto matrices = file.matrices();
  const auto add = [&](const std::string& path) {
    if (std::any_of(matrices.begin(), matrices.end(), [&](const auto& m) { return m.path == path; })) {
      places.push_back(path);
    }
  };
  add("raw/X");
  add("X");
  for (const char* layer : kLayers) add(fmt::format("layers/{}", layer));
  return places;
}

std::string full_path(const File& file, std::string_view named) {
  const auto matrices = file.matrices();
  const std::string layer = fmt::format("layers/{}", named);
  const bool is_layer = std::any_of(matrices.begin(), matrices.end(), [&](const auto& m) { return m.path == layer; });
  if (named == "raw.X" || named == "raw") return "raw/X";
  return is_layer ? layer : std::string(named);
}

formats::CountsSource log_normalised_source(const File& file, std::string_view named) {
  const std::string path = named.empty() ? std::string("X") : full_path(file, named);
  const ValueSummary values = file.summarise_values(path);
  const bool counts = values.integers && values.largest > 20;
  if (counts || values.negative || values.non_finite) {
    throw core::InputError(
        {.file = file.path().string(),
         .matrix = path,
         .found = "holds " + what_it_holds(values),
         .expected = "log-normalised values, as --input says",
         .next_step = counts ? "remove --input log-normalised" : "name a matrix of counts with --counts"});
  }
  if (values.largest > kLargestLogNormalised) {
    throw core::InputError(
        {.file = file.path().string(),
         .matrix = path,
         .found = fmt::format("holds values up to {:.6g}: scaled to another total, or not logged", values.largest),
         .expected = "log1p of counts scaled to 10,000 per cell, which is at most 9.21",
         .next_step = "give raw counts, or scale and log them that way"});
  }
  return found(file.matrix(path), true, false, fmt::format("{} is log-normalised, as --input says", path));
}

}  // namespace

formats::CountsSource File::find_counts(formats::InputKind kind, std::string_view named) const {
  if (kind == formats::InputKind::kLogNormalised) return log_normalised_source(*this, named);
  std::vector<Candidate> candidates;
  for (const auto& path : named.empty() ? usual_places(*this) : std::vector{full_path(*this, named)}) {
    candidates.push_back({matrix(path), summarise_values(path)});
  }
  const auto find = [&](auto accepts) -> const Candidate* {
    const auto match = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& candidate) { return accepts(candidate.values); });
    return match == candidates.end() ? nullptr : &*match;
  };
  const auto valid = [](const ValueSummary& v) { return !v.negative && !v.non_finite; };
  if (const auto* c = find([&](const auto& v) { return valid(v) && v.integers; })) {
    return found(c->matrix, false, true, fmt::format("{} holds integers", c->matrix.path));
  }
  if (const auto* c = find([&](const auto& v) { return valid(v) && !v.looks_log_normalised(); })) {
    return found(c->matrix, false, false,
                 fmt::format("{} holds non-integers too large for logarithms: expected counts", c->matrix.path));
  }
  // Integers but for a bad value: taken, so that whoever reads them all can name the cell.
  if (const auto* c = find([](const auto& v) { return v.integers; })) {
    return found(c->matrix, false, true, fmt::format("{} holds integers", c->matrix.path));
  }
  std::vector<std::string> contents;
  bool log_normalised = false;
  for (const Candidate& candidate : candidates) {
    contents.push_back(fmt::format("{}: {}", candidate.matrix.path, what_it_holds(candidate.values)));
    log_normalised = log_normalised || (valid(candidate.values) && candidate.values.looks_log_normalised());
  }
  throw core::InputError(
      {.file = path().string(),
       .found = fmt::format("no raw counts found ({})", fmt::join(contents, "; ")),
       .next_step =
           fmt::format("{}{}", named.empty() ? "name the matrix that holds them with --counts" : "name another matrix",
                       log_normalised ? ", or annotate the log-normalised one with --input log-normalised" : "")});
}

formats::Strings File::gene_names(std::string_view matrix_path) const {
  constexpr std::array kColumns = {"ensembl_id", "gene_ids",        "gene_id",   "feature_id",
                                   "ensembl",    "ensembl_gene_id", "ensemblid", "feature_ids"};
  using genes::GeneIdKind;
  const auto is_ensembl = [](const formats::Strings& names) {
    const GeneIdKind kind = genes::detect_id_kind(names);
    return kind == GeneIdKind::kEnsemblHuman || kind == GeneIdKind::kEnsemblOther;
  };
  formats::Strings names = var_names(matrix_path);
  if (is_ensembl(names)) return names;
  for (const char* column : kColumns) {
    if (!has_var(column, matrix_path)) continue;
    const formats::Categorical ids = formats::as_text(var(column, matrix_path).values);
    formats::Strings texts;
    for (std::size_t row = 0; row < names.size(); ++row) texts.push_back(ids.value(row));
    if (!is_ensembl(texts)) continue;
    for (std::size_t row = 0; row < names.size(); ++row) {
      if (!texts[row].empty()) names[row] = std::move(texts[row]);
    }
    return names;
  }
  return names;
}

formats::Strings File::gene_symbols(std::string_view matrix_path) const {
  constexpr std::array kColumns = {"gene_symbol", "gene_symbols", "feature_name", "gene_name", "gene_names", "symbol"};
  for (const char* column : kColumns) {
    if (!has_var(column, matrix_path)) continue;
    const formats::Categorical symbols = formats::as_text(var(column, matrix_path).values);
    formats::Strings texts;
    for (std::size_t gene = 0; gene < symbols.codes.size(); ++gene) texts.push_back(symbols.value(gene));
    return texts;
  }
  return {};
}

}  // namespace sctab::h5ad
