#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "sctab/formats/dataframe.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::core {
class ThreadPool;
}

namespace sctab::h5ad {

enum class ValueType { kUint16, kInt32, kFloat32 };

struct WriteOptions {
  ValueType values = ValueType::kFloat32;  // throws std::logic_error on a value that it cannot hold exactly
  std::int64_t chunk_elements = 1 << 17;   // of data and indices
  int gzip_level = 4;                      // 1 to 9, with the shuffle filter; opens without plugins
  // Values above which indices and indptr are int64, both: scipy fails on a mix. Lower only in tests.
  std::int64_t most_for_int32 = std::numeric_limits<std::int32_t>::max();
  core::ThreadPool* pool = nullptr;  // compresses chunks in parallel where given; HDF5 is called from one thread
};

/// Writes one .h5ad (AnnData 0.8 encoding, X csr_matrix) in bounded memory: cells in blocks, then the tables.
/// The path is written directly: give it the path() of a core::StagedOutput. Errors (a full disk) are InputError naming
/// it. indptr and indices are int32 where they fit (every slice of scipy and anndata works then), int64 otherwise.
class Writer {
 public:
  Writer(std::filesystem::path path, sparse::GeneIndex n_genes, WriteOptions options = {});
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Appends cells; genes sorted within a cell.
  void append(sparse::CsrView cells);
  /// The tables. index: distinct names, one a cell (gene). Call each once, after the last append.
  void write_obs(const formats::Strings& index, std::span<const formats::Column> columns);
  /// With columns that are made one at a time: make_column(i) gives the one named names[i].
  void write_obs(const formats::Strings& index, const formats::Strings& names,
                 const std::function<formats::Column(std::size_t)>& make_column);
  void write_var(const formats::Strings& index, std::span<const formats::Column> columns);
  /// A JSON object as nested groups: strings, numbers, booleans, arrays of one of these, objects.
  void write_uns(const nlohmann::json& uns);
  /// Ends the file; without it the file is not whole.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::h5ad
