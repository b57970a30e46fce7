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

#include "sctab/formats/h5ad/frame.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::h5ad {

using core::CellIndex;
using core::GeneIndex;

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

/// Rows of one matrix in order, in bounded memory, whatever the layout: CSR and dense row by row; CSC is transposed
/// through a temporary file, once, where it does not fit `memory_bytes`.
class RowReader {
 public:
  /// Fills a block; what it throws is as of next().
  using Work = std::function<void(sparse::CsrMatrix& block)>;

  virtual ~RowReader() = default;
  /// Fills `block` with up to max_cells further cells as they stand in the file (columns sorted, explicit zeros
  /// dropped, repeated entries summed). Returns false at the end. Throws InputError naming file, matrix and cell on
  /// damage.
  bool next(CellIndex max_cells, sparse::CsrMatrix& block);
  /// next() in two steps, so that threads can share it: the next max_cells cells (fewer only at the end) as work that
  /// any thread may do, at the same time as that of other claims, while this lives. Empty at the end. One thread at a
  /// time may claim.
  virtual Work claim(CellIndex max_cells) = 0;
};

struct ReadOptions {
  std::int64_t memory_bytes = 1'000'000'000;  // for transposing CSC
  std::filesystem::path temporary_folder;     // empty: the system's
  int threads = 1;                            // for transposing CSC; at least 1
};

/// A .h5ad file opened for reading. Knows AnnData encodings 0.7 (attributes, __categories) and 0.8 on.
/// HDF5 is not thread-safe here: use one File from one thread at a time, and no two at once (a lock inside makes sure).
/// All errors are InputError and name the file.
class File {
 public:
  /// Throws where the file is missing, is no HDF5, is cut off, or has neither X nor raw/X.
  explicit File(std::filesystem::path path);
  ~File();
  File(File&&) noexcept;
  File& operator=(File&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] CellIndex n_cells() const;  // rows of obs
  [[nodiscard]] std::vector<MatrixInfo> matrices() const;
  /// Throws naming the matrices that there are.
  [[nodiscard]] MatrixInfo matrix(std::string_view matrix_path) const;

  [[nodiscard]] bool has_obs(std::string_view column) const;
  [[nodiscard]] std::vector<std::string> obs_columns() const;
  /// Throws naming the columns that there are.
  [[nodiscard]] Column obs(std::string_view column) const;
  /// As text whatever its type (numbers are formatted, booleans are "True"/"False", "nan" and <NA> are missing).
  [[nodiscard]] Categorical obs_as_text(std::string_view column) const;
  [[nodiscard]] Strings obs_names() const;

  /// Names of the genes of a matrix (var index; for raw/X that of raw/var) and other columns of the same table.
  [[nodiscard]] Strings var_names(std::string_view matrix_path = "X") const;
  [[nodiscard]] bool has_var(std::string_view column, std::string_view matrix_path = "X") const;
  [[nodiscard]] Column var(std::string_view column, std::string_view matrix_path = "X") const;

  [[nodiscard]] ValueSummary summarise_values(std::string_view matrix_path, CellIndex n_sampled = 1000) const;
  [[nodiscard]] std::unique_ptr<RowReader> read_rows(std::string_view matrix_path,
                                                     const ReadOptions& options = {}) const;

 private:
  friend class Appender;
  struct State;
  std::unique_ptr<State> state_;
};

/// Where a source's counts stand.
struct CountsSource {
  std::string matrix_path;
  bool log_normalised = false;  // only where accepted by the caller
  bool integers = true;         // false: expected counts (RSEM)
  std::string reason;           // "X holds integers"
};

/// What the caller says of the input: find counts, or take the values as they are.
enum class InputKind { kCounts, kLogNormalised };

/// Finds raw counts: the matrix named, or the first of raw/X, X, layers/{counts,raw_counts,raw,umi…} that holds
/// integers, or else one of non-integers too large for logs (expected counts). Throws InputError saying what each
/// matrix holds where none does, and that `--input log-normalised` or `--counts NAME` help. kLogNormalised takes X (or
/// the one named).
CountsSource find_counts(const File& file, InputKind kind = InputKind::kCounts, std::string_view named = "");

/// The names by which genes can be matched: the var index where it holds Ensembl ids, else the column of var that
/// does (ensembl_id, gene_ids, feature_id, …; rows without one keep the index's name), else the index (symbols).
Strings gene_names(const File& file, std::string_view matrix_path);

}  // namespace sctab::h5ad
