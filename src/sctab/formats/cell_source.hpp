#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/input_file.hpp"
#include "sctab/formats/cell_sink.hpp"
#include "sctab/formats/dataframe.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::formats {

using core::CellIndex;
using core::GeneIndex;

/// Rows of one matrix in order, in bounded memory, for any layout: cells × genes, as the file has them.
class RowReader {
 public:
  /// Fills a block; throws as next() does.
  using Work = std::function<void(sparse::CsrMatrix& block)>;

  virtual ~RowReader() = default;
  /// Fills `block` with the next cells, at most max_cells (columns sorted, explicit zeros dropped, repeated entries
  /// summed). Returns false at the end. Throws InputError naming file, matrix and cell on damage.
  bool next(CellIndex max_cells, sparse::CsrMatrix& block) {
    const Work work = claim(max_cells);
    if (work) {
      work(block);
    } else {
      block.clear(0);
    }
    return static_cast<bool>(work);
  }
  /// next() in two steps, so that threads can share it: the next max_cells cells (fewer only at the end) as work that
  /// any thread may do, at the same time as that of other claims, while this lives. Empty at the end. One thread at a
  /// time may claim.
  virtual Work claim(CellIndex max_cells) = 0;
};

struct ReadOptions {
  std::int64_t memory_bytes = 1'000'000'000;  // for reordering a gene-major matrix, and bands of a dense one
  std::filesystem::path temporary_folder;     // empty: the system's
  int threads = 1;                            // that reorder, and then work on claims; at least 1
};

/// What the user says about the values: find raw counts, or take log-normalised values as they are.
enum class InputKind { kCounts, kLogNormalised };

/// The matrix that holds a source's counts, and how it was chosen.
struct CountsSource {
  std::string matrix_path;      // as the format names it: "raw/X"
  bool log_normalised = false;  // only for InputKind::kLogNormalised
  bool integers = true;         // false: expected counts (RSEM)
  std::string reason;           // "X holds integers"
  GeneIndex n_genes = 0;        // columns
  std::int64_t nnz = 0;         // stored values; n_cells × n_genes if dense
};

/// Cells to read, from a file of any format. Adding a format means one folder with a class derived from this, and one
/// row in open_cells.cpp. Use a source from one thread at a time; its RowReaders say what threads may share. All errors
/// are InputError and name the file.
class CellSource {
 public:
  CellSource() = default;
  virtual ~CellSource() = default;

  /// The path that the user gave; messages name the source by it.
  [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
  /// The file as it was when it was opened.
  [[nodiscard]] virtual core::FileIdentity identity() const = 0;
  /// To be asked once all is read, before results appear. Throws as core::require_unchanged() does. A source of several
  /// files asks it of each.
  virtual void require_unchanged() const { core::require_unchanged(path(), identity()); }
  /// What the user should know about this file, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
  /// Rows of obs and of every matrix.
  [[nodiscard]] virtual CellIndex n_cells() const = 0;

  [[nodiscard]] virtual bool has_obs(std::string_view column) const = 0;
  [[nodiscard]] virtual std::vector<std::string> obs_columns() const = 0;
  /// n_cells() values. Throws InputError listing the columns if there is none of that name.
  [[nodiscard]] virtual Column obs(std::string_view column) const = 0;
  /// The column as text, for any type (numbers are formatted, booleans are "True"/"False", "nan" and <NA> are missing).
  [[nodiscard]] Categorical obs_as_text(std::string_view column) const { return as_text(obs(column).values); }
  /// Names of the cells.
  [[nodiscard]] virtual Strings obs_names() const = 0;

  /// Finds raw counts, in the matrix named (as users name it, "counts") or where the format usually keeps them.
  /// kLogNormalised takes the main matrix or the one named. Throws InputError saying what each matrix holds if none is
  /// suitable.
  [[nodiscard]] virtual CountsSource find_counts(InputKind kind, std::string_view named) const = 0;
  /// The names by which the genes of a matrix can be matched: Ensembl ids if the file has them, else symbols.
  [[nodiscard]] virtual Strings gene_names(std::string_view matrix_path) const = 0;
  /// Gene symbols that the file has besides, one a gene; empty if it has none.
  [[nodiscard]] virtual Strings gene_symbols(std::string_view matrix_path) const = 0;
  [[nodiscard]] virtual std::unique_ptr<RowReader> read_rows(std::string_view matrix_path,
                                                             const ReadOptions& options) const = 0;

  /// Begins a copy of the opened file as `target`, to which results can be added while it is made. Throws InputError if
  /// such files take no results.
  [[nodiscard]] virtual std::unique_ptr<CellSink> copy_to(const std::filesystem::path& target) const = 0;
  /// The ending of such copies (".h5mu"), where they are copies of the file. Empty where a new h5ad is made of its
  /// cells instead.
  [[nodiscard]] virtual std::string_view copy_ending() const { return {}; }

 protected:
  CellSource(const CellSource&) = default;
  CellSource(CellSource&&) = default;
  CellSource& operator=(const CellSource&) = default;
  CellSource& operator=(CellSource&&) = default;
};

/// How a table of text holds its matrix.
enum class Orientation { kDetect, kCellsByGenes, kGenesByCells };

struct OpenOptions {
  bool allow_external = false;  // values in other files, which the file leads to, are read too
  std::string modality{};       // of a file with several: "rna" where it is empty
  Orientation orientation = Orientation::kDetect;
};

/// Opens a file of cells in any known format: recognised by its content, else by its name, so that a damaged file is
/// refused by its own format. HDF5 files that are gzipped, and "-", standard input, go through a temporary file. Throws
/// InputError if the file is missing, and one listing the formats if it is in none.
std::unique_ptr<CellSource> open_cells(const std::filesystem::path& path, const OpenOptions& options = {});

/// Logs the notes of a source, a line each.
void log_notes(const CellSource& source);

}  // namespace sctab::formats
