#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/cell_source.hpp"

namespace sctab::h5ad {

using namespace formats;  // tables, and the seam

/// One matrix of a file: "X", "raw/X" or "layers/NAME".
struct MatrixInfo {
  std::string path;
  enum class Layout { kCsr, kCsc, kDense } layout = Layout::kCsr;
  CellIndex n_cells = 0;
  GeneIndex n_genes = 0;
  std::int64_t nnz = 0;  // n_cells × n_genes where dense
};

/// What the values of a matrix look like, from a sample of its cells spread over the file.
struct ValueSummary {
  bool integers = true;  // all of them, RSEM's expected counts are not
  bool negative = false, non_finite = false;
  double largest = 0;
  /// Non-integer values none above 20: log-normalised, in the way of log1p(CP10k).
  [[nodiscard]] bool looks_log_normalised() const { return !integers && !negative && largest <= 20; }
};

/// A .h5ad file opened for reading. Knows AnnData encodings 0.7 (attributes, __categories) and 0.8 on.
/// HDF5 is not thread-safe here: use one File from one thread at a time, and no two at once (a lock inside makes sure).
/// All errors are InputError and name the file.
class File final : public CellSource {
 public:
  /// Throws if the file is missing, not HDF5 or cut off, or has neither X nor raw/X.
  explicit File(std::filesystem::path path);
  ~File() override;
  File(File&&) noexcept;
  File& operator=(File&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const override;
  [[nodiscard]] CellIndex n_cells() const override;
  [[nodiscard]] std::vector<MatrixInfo> matrices() const;
  /// Throws naming the matrices that there are.
  [[nodiscard]] MatrixInfo matrix(std::string_view matrix_path) const;

  [[nodiscard]] bool has_obs(std::string_view column) const override;
  [[nodiscard]] std::vector<std::string> obs_columns() const override;
  [[nodiscard]] Column obs(std::string_view column) const override;
  [[nodiscard]] Strings obs_names() const override;

  /// Names of the genes of a matrix (var index; for raw/X that of raw/var) and other columns of the same table.
  [[nodiscard]] Strings var_names(std::string_view matrix_path = "X") const;
  [[nodiscard]] bool has_var(std::string_view column, std::string_view matrix_path = "X") const;
  [[nodiscard]] Column var(std::string_view column, std::string_view matrix_path = "X") const;

  [[nodiscard]] CountsSource find_counts(InputKind kind, std::string_view named) const override;
  [[nodiscard]] Strings gene_names(std::string_view matrix_path) const override;
  [[nodiscard]] Strings gene_symbols(std::string_view matrix_path) const override;
  [[nodiscard]] ValueSummary summarise_values(std::string_view matrix_path, CellIndex n_sampled = 1000) const;
  [[nodiscard]] std::unique_ptr<RowReader> read_rows(std::string_view matrix_path,
                                                     const ReadOptions& options = {}) const override;

 private:
  friend class Appender;
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a file is HDF5, by its content.
bool is_hdf5(const std::filesystem::path& path);

/// Finds raw counts: the matrix named, or the first of raw/X, X, layers/{counts,raw_counts,raw,umi…} that holds
/// integers, or else one of non-integers too large for logs (expected counts). Throws InputError saying what each
/// matrix holds where none does, and that `--input log-normalised` or `--counts NAME` help. kLogNormalised takes X (or
/// the one named).
CountsSource find_counts(const File& file, InputKind kind = InputKind::kCounts, std::string_view named = "");

/// The names by which genes can be matched: the var index where it holds Ensembl ids, else the column of var that
/// does (ensembl_id, gene_ids, feature_id, …; rows without one keep the index's name), else the index (symbols).
Strings gene_names(const File& file, std::string_view matrix_path);

}  // namespace sctab::h5ad
