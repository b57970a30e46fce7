#include "sctab/formats/tenx/h5_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/arrays/value_sample.hpp"
#include "sctab/formats/counts_choice.hpp"
#include "sctab/formats/h5ad/converted_file.hpp"
#include "sctab/formats/rows/selected_genes.hpp"
#include "sctab/formats/rows/sparse_rows.hpp"
#include "sctab/formats/tenx/genomes.hpp"
#include "sctab/formats/tenx/h5_genes.hpp"
#include "sctab/formats/tenx/spots.hpp"

namespace sctab::tenx {
namespace {

constexpr const char* kMatrix = "matrix";

/// The genomes that have a group of their own, sorted.
std::vector<std::string> genome_groups(const arrays::ArrayGroup& root) {
  std::vector<std::string> genomes;
  for (std::string& name : root.members("")) {
    if (root.is_group(name) && root.is_array(name + "/barcodes") && root.is_array(name + "/genes")) {
      genomes.push_back(std::move(name));
    }
  }
  return genomes;
}

/// The genome to read. Throws InputError where several are there and it is not one human genome.
std::string choose_genome(const std::filesystem::path& file, const std::vector<std::string>& genomes,
                          std::vector<std::string>& notes) {
  if (genomes.size() == 1) return genomes.front();
  if (std::ranges::count_if(genomes, is_human_genome) != 1) {
    throw core::InputError({.file = file.string(),
                            .found = fmt::format("holds a matrix for each of the genomes {}", fmt::join(genomes, ", ")),
                            .expected = "one human genome among them, like GRCh38",
                            .next_step = "write the cells of one genome to a file"});
  }
  std::string human;
  std::vector<std::string> others;
  for (const std::string& each : genomes) {
    if (is_human_genome(each)) {
      human = each;
    } else {
      others.push_back(each);
    }
  }
  notes.push_back(fmt::format("read the cells of {} and left out those of {}", human, fmt::join(others, ", ")));
  return human;
}

}  // namespace

bool is_h5_file(const arrays::ArrayGroup& root) {
  return root.is_group(kMatrix) || !genome_groups(root).empty();
}

H5File::H5File(std::filesystem::path path, core::FileIdentity identity, std::unique_ptr<arrays::ArrayGroup> root)
    : path_(std::move(path)), identity_(identity), root_(std::move(root)) {
  matrix_path_ = root_->is_group(kMatrix) ? kMatrix : choose_genome(path_, genome_groups(*root_), notes_);
  H5Genes genes = read_genes(*root_, matrix_path_);
  n_genes_ = genes.n_genes;
  read_shape(genes.gene_of_feature.size());
  if (!genes.has_all()) gene_of_feature_ = std::move(genes.gene_of_feature);
  gene_names_ = std::move(genes.names);
  gene_symbols_ = std::move(genes.symbols);
  std::ranges::move(genes.notes, std::back_inserter(notes_));
  if (are_spots(*root_, path_)) {
    notes_.emplace_back(kSpotsNote);
  } else if (is_mostly_empty()) {
    notes_.push_back(fmt::format(
        "most of the {} hold next to nothing, as empty droplets do: this looks like the raw matrix, so give the "
        "filtered one (filtered_feature_bc_matrix.h5) to label cells alone",
        core::plural(n_cells_, "barcode")));
  }
}

std::string H5File::array_path(std::string_view name) const {
  return fmt::format("{}/{}", matrix_path_, name);
}

void H5File::require_length(const char* array, std::int64_t expected, std::string_view of_what) const {
  const arrays::ArrayInfo info = root_->info(array_path(array));
  const std::int64_t found = info.shape.size() == 1 ? info.shape.front() : -1;
  if (found == expected) return;
  throw root_->error(array_path(array),
                     {.found = found < 0 ? "is not an array of one dimension" : core::plural(found, "entry", "entries"),
                      .expected = fmt::format("{}, {}", core::format_count(expected), of_what),
                      .next_step = arrays::kWriteAgain});
}

void H5File::read_shape(std::size_t n_features) {
  const auto shape = arrays::read_numbers<std::int64_t>(*root_, array_path("shape"));
  const auto features = static_cast<std::int64_t>(n_features);
  constexpr std::int64_t kMostCells = std::numeric_limits<std::int64_t>::max() - 1;
  if (shape.size() != 2 || shape[0] != features || shape[1] < 0 || shape[1] > kMostCells) {
    throw root_->error(array_path("shape"),
                       {.found = fmt::format("is {}", fmt::join(shape, " × ")),
                        .expected = fmt::format("{} × the number of barcodes", core::plural(features, "feature")),
                        .next_step = arrays::kWriteAgain});
  }
  n_cells_ = shape[1];
  require_length("barcodes", n_cells_, "one for each column of the matrix");
  require_length("indptr", n_cells_ + 1, "one more than there are barcodes");
  nnz_ = root_->numbers(array_path("data"))->size();
  require_length("indices", nnz_, "one for each value");
}

/// Looks at barcodes here and there: they are sorted by their bases, so empty droplets are everywhere.
bool H5File::is_mostly_empty() const {
  constexpr CellIndex kLeastBarcodes = 100'000;
  constexpr GeneIndex kLeastGenes = 10'000;  // fewer are a panel, of which cells have few
  constexpr std::int64_t kFewGenes = 50;
  constexpr CellIndex kPlaces = 20, kLength = 500;
  if (n_cells_ < kLeastBarcodes || n_genes_ < kLeastGenes) return false;
  const auto offsets = root_->numbers(array_path("indptr"));
  CellIndex n_empty = 0;
  std::vector<std::int64_t> stretch(kLength + 1);
  for (CellIndex place = 0; place < kPlaces; ++place) {
    offsets->read((n_cells_ - kLength) * place / (kPlaces - 1), std::span(stretch));
    for (std::size_t i = 0; i < kLength; ++i) n_empty += stretch[i + 1] - stretch[i] < kFewGenes ? 1 : 0;
  }
  return n_empty > kPlaces * kLength / 2;
}

bool H5File::has_obs(std::string_view /*column*/) const {
  return false;
}

std::vector<std::string> H5File::obs_columns() const {
  return {};
}

formats::Column H5File::obs(std::string_view column) const {
  throw core::InputError({.file = path_.string(),
                          .found = fmt::format("has no column '{}' of obs", column),
                          .expected = "none: a 10x file names its cells and says no more of them"});
}

formats::Strings H5File::obs_names() const {
  return root_->texts(array_path("barcodes"), "barcode");
}

void H5File::require_matrix(std::string_view named) const {
  if (named == matrix_path_) return;
  throw core::InputError(
      {.file = path_.string(), .found = fmt::format("has no matrix '{}'", named), .expected = matrix_path_});
}

formats::CountsSource H5File::find_counts(formats::InputKind kind, std::string_view named) const {
  if (!named.empty()) require_matrix(named);
  formats::CountsCandidate matrix{matrix_path_, n_genes_, nnz_, {}};
  matrix.values = arrays::sample_values(*root_->numbers(array_path("data")));
  return formats::choose_counts(path_, kind, !named.empty(), {&matrix, 1});
}

formats::Strings H5File::gene_names(std::string_view matrix_path) const {
  require_matrix(matrix_path);
  return gene_names_;
}

formats::Strings H5File::gene_symbols(std::string_view matrix_path) const {
  require_matrix(matrix_path);
  return gene_symbols_;
}

std::unique_ptr<formats::RowReader> H5File::read_rows(std::string_view matrix_path,
                                                      const formats::ReadOptions& /*options*/) const {
  require_matrix(matrix_path);
  const bool all = gene_of_feature_.empty();
  rows::SparseArrays arrays{.where = {.file = path_.string(), .matrix = matrix_path_},
                            .n_cells = n_cells_,
                            .n_genes = all ? n_genes_ : core::narrow<GeneIndex>(gene_of_feature_.size()),
                            .nnz = nnz_,
                            .indptr = root_->numbers(array_path("indptr")),
                            .indices = root_->numbers(array_path("indices")),
                            .data = root_->numbers(array_path("data"))};
  std::unique_ptr<formats::RowReader> reader = rows::make_csr_rows(std::move(arrays));
  return all ? std::move(reader) : rows::make_selected_genes(std::move(reader), gene_of_feature_, n_genes_);
}

std::unique_ptr<formats::CellSink> H5File::copy_to(const std::filesystem::path& target) const {
  return h5ad::convert(*this, target);
}

}  // namespace sctab::tenx
