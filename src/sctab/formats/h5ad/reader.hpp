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
#include "sctab/formats/value_summary.hpp"

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

/// A .h5ad file opened for reading. Knows AnnData encodings 0.7 (attributes, __categories) and 0.8 on.
/// HDF5 is not thread-safe here: use one File from one thread at a time, and no two at once (a lock inside makes sure).
/// All errors are InputError and name the file.
class File final : public formats::CellSource {
 public:
  /// Throws if the file is missing, not HDF5 or cut off, or has neither X nor raw/X.
  explicit File(std::filesystem::path path, const formats::OpenOptions& options = {});
  ~File() override;
  File(File&&) noexcept;
  File& operator=(File&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const override;
  [[nodiscard]] core::FileIdentity identity() const override;
  [[nodiscard]] CellIndex n_cells() const override;
  [[nodiscard]] std::vector<MatrixInfo> matrices() const;
  /// Throws naming the matrices that there are.
  [[nodiscard]] MatrixInfo matrix(std::string_view matrix_path) const;

  [[nodiscard]] bool has_obs(std::string_view column) const override;
  [[nodiscard]] std::vector<std::string> obs_columns() const override;
  [[nodiscard]] formats::Column obs(std::string_view column) const override;
  [[nodiscard]] formats::Strings obs_names() const override;

  /// Names of the genes of a matrix (var index; for raw/X that of raw/var) and other columns of the same table.
  [[nodiscard]] formats::Strings var_names(std::string_view matrix_path = "X") const;
  [[nodiscard]] bool has_var(std::string_view column, std::string_view matrix_path = "X") const;
  [[nodiscard]] formats::Column var(std::string_view column, std::string_view matrix_path = "X") const;

  /// The text at "sctab/version" of uns; empty if there is none or it is not text. Throws InputError if it is damaged.
  [[nodiscard]] std::string uns_text(std::string_view name) const;

  /// Raw counts: the matrix named, or the first of raw/X, X, layers/{counts,raw_counts,raw,umi…} that holds integers,
  /// or else one of non-integers too large for logs (expected counts).
  [[nodiscard]] formats::CountsSource find_counts(formats::InputKind kind = formats::InputKind::kCounts,
                                                  std::string_view named = "") const override;
  /// The var index if it holds Ensembl ids, else the column of var that does (ensembl_id, gene_ids, feature_id, …; rows
  /// without one keep the index's name), else the index (symbols).
  [[nodiscard]] formats::Strings gene_names(std::string_view matrix_path) const override;
  [[nodiscard]] formats::Strings gene_symbols(std::string_view matrix_path) const override;
  [[nodiscard]] formats::ValueSummary summarise_values(std::string_view matrix_path, CellIndex n_sampled = 1000) const;
  [[nodiscard]] std::unique_ptr<formats::RowReader> read_rows(std::string_view matrix_path,
                                                              const formats::ReadOptions& options = {}) const override;
  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const std::filesystem::path& target) const override;
  [[nodiscard]] std::string_view copy_ending() const override { return ".h5ad"; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a file is HDF5, by its content.
bool is_hdf5(const std::filesystem::path& path);

}  // namespace sctab::h5ad
