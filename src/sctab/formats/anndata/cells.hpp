#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/anndata/matrices.hpp"
#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/value_summary.hpp"

namespace sctab::anndata {

/// Cells as AnnData keeps them, in a tree of arrays of any format; or one modality of MuData. Knows the encodings of
/// anndata 0.5 to 0.13. Use one from one thread at a time. All errors are InputError and name the file.
class Cells : public formats::CellSource {
 public:
  ~Cells() override;
  Cells(Cells&&) noexcept;
  Cells& operator=(Cells&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const override;
  [[nodiscard]] std::vector<std::string> notes() const override;
  /// Where in the file its AnnData is: "mod/rna" of MuData, else empty.
  [[nodiscard]] const std::string& modality_path() const;
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
  /// or else one of non-integers too large for logs (expected counts). Of a file without any of these, its only layer.
  [[nodiscard]] formats::CountsSource find_counts(formats::InputKind kind = formats::InputKind::kCounts,
                                                  std::string_view named = "") const override;
  /// The var index if it holds Ensembl ids, else the column of var that does (ensembl_id, gene_ids, feature_id, …; rows
  /// without one keep the index's name), else the index (symbols).
  [[nodiscard]] formats::Strings gene_names(std::string_view matrix_path) const override;
  [[nodiscard]] formats::Strings gene_symbols(std::string_view matrix_path) const override;
  [[nodiscard]] formats::ValueSummary summarise_values(std::string_view matrix_path, CellIndex n_sampled = 1000) const;
  [[nodiscard]] std::unique_ptr<formats::RowReader> read_rows(std::string_view matrix_path,
                                                              const formats::ReadOptions& options = {}) const override;

 protected:
  /// root: of the file, whose path names it in messages. modality: of MuData; empty for the one of RNA. Throws
  /// InputError where there is no matrix, or where anything that is read of the file's headers is damaged.
  Cells(std::filesystem::path path, std::unique_ptr<arrays::ArrayGroup> root, std::string_view modality);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::anndata
