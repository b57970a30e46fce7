#pragma once

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::annotate {

/// A file's genes and their places in a model.
struct GeneMatch {
  formats::Strings names;  // one per column of the file's matrix
  genes::GeneAlignment alignment;
};

/// Matches by Ensembl id without its version, else by symbol through the model's own symbols. Throws InputError if less
/// than min_found (a share) of the model's genes is found, saying how many are and what kind of names the file has.
GeneMatch match_genes(const formats::CellSource& file, std::string_view matrix_path, const genes::GeneList& model_genes,
                      double min_found);

struct CellStreamOptions {
  core::CellIndex cells_per_block = 1024;
  int threads = 1;         // that read while the caller waits in next()
  int threads_beside = 1;  // of these, those that read on while the caller works; 0: none
};

/// The cells of one matrix in order, ready for a network: checked, aligned to the model's genes, log-normalised.
/// Threads of its own read the next blocks, all of them while the caller waits, `threads_beside` while it works: at
/// most one block a thread and two more are held. What it gives does not depend on how many they are.
class CellStream {
 public:
  /// `file` and `genes` must outlive it; cells_per_block > 0, threads > 0.
  CellStream(const formats::CellSource& file, const formats::CountsSource& source, const GeneMatch& genes,
             const CellStreamOptions& options);
  ~CellStream();
  CellStream(const CellStream&) = delete;
  CellStream& operator=(const CellStream&) = delete;

  /// Fills `log_norm` with (n × genes of the model), n at most cells_per_block. A cell without counts in the model's
  /// genes is an empty row. Returns false at the end. Throws InputError naming the first cell with a value that is
  /// negative or not finite, Interrupted, and goes no further after either.
  bool next(sparse::CsrMatrix& log_norm);

 private:
  /// A block read, or why there is none: the matrix's end where `failure` is null.
  struct Block {
    bool is_last = false;
    std::exception_ptr failure;
    sparse::CsrMatrix log_norm;
  };
  void read_blocks();
  void read_next_blocks();
  void end(std::exception_ptr lost = nullptr);
  [[nodiscard]] bool is_awaited() const;
  [[nodiscard]] bool may_read() const;
  bool claim(std::int64_t& number, formats::RowReader::Work& work);
  void prepare(std::int64_t number, sparse::CsrMatrix& values, sparse::CsrMatrix& log_norm) const;
  void put(std::int64_t number, Block block);

  const GeneMatch& genes_;
  std::string description_;  // "FILE: raw/X", for messages
  bool log_normalised_;
  CellStreamOptions options_;
  std::unique_ptr<formats::RowReader> rows_;

  std::mutex claim_mutex_;  // taken before mutex_
  std::mutex mutex_;        // guards what follows
  std::condition_variable room_, ready_;
  std::map<std::int64_t, Block> blocks_;      // read, by their place
  std::vector<sparse::CsrMatrix> used_;       // memory to read into
  std::int64_t n_claimed_ = 0, n_taken_ = 0;  // blocks
  int n_reading_ = 0;                         // threads
  bool awaited_ = false;                      // the caller is in next()
  bool ended_ = false;                        // nothing is left to claim, or to do
  std::exception_ptr lost_;                   // why a block that was claimed will never come: memory ran out
  core::ThreadPool readers_;                  // last: it is joined before what it fills goes
};

}  // namespace sctab::annotate
