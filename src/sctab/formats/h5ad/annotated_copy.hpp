#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/cell_sink.hpp"

namespace sctab::h5ad {

/// Adds results to a file that exists (a copy of the user's), leaving all else in it as it is. Follows the encoding
/// version of the file it finds, so that the anndata that could read the file before still can; of files of anndata
/// before 0.7 it first writes the tables again in today's encoding (old_tables.hpp).
class Appender {
 public:
  /// Opens for reading and writing. root: the group whose obs, obsm and uns get the results, "mod/rna" in a h5mu;
  /// empty: that of the file. Throws InputError naming the file.
  explicit Appender(std::filesystem::path path, const std::string& root = {});
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// Rows of obs.
  [[nodiscard]] std::int64_t n_cells() const;
  /// Adds or replaces an obs column (also in column-order).
  void put_obs(const formats::Column& column);
  /// obsm/NAME: rows may come in blocks. n_columns floats a cell, row-major. Replaces an earlier one.
  void begin_obsm(std::string_view name, std::int64_t n_cells, std::int64_t n_columns);
  void append_obsm(std::span<const float> rows);
  void put_uns(std::string_view name, const nlohmann::json& value);
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Copies the open file `from` to the new file `to`, which is writable even if `from` is not. from_path: its name in
/// messages. File systems that can share blocks between files do; others are told to begin writing the copy to disk on
/// the way. Asks check_interrupt(), and returns with half a copy once `stop` is requested. Throws InputError naming the
/// file, also where the copy ends before `from` did when this began.
void duplicate_file(const core::FileDescriptor& from, const std::filesystem::path& from_path,
                    const std::filesystem::path& to, const std::stop_token& stop = {});

/// The sink of h5ad files: a copy of a file of n_cells cells, to which results are added. A thread of its own makes the
/// copy while the first results wait in memory; the disk starts to write meanwhile, so that little is left to wait for
/// at the end.
class AnnotatedCopy final : public formats::CellSink {
 public:
  /// from: open; from_path: its name in messages. root: as for Appender. Results are refused where it no longer has
  /// these cells.
  AnnotatedCopy(core::FileDescriptor from, std::filesystem::path from_path, std::filesystem::path to,
                std::int64_t n_cells, std::string root = {});
  /// Ends a copy that is still being made.
  ~AnnotatedCopy() override;

  void append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) override;
  void put_obs(const formats::Column& column) override;
  void put_uns(std::string_view name, const nlohmann::json& value) override;
  void close() override;

 private:
  Appender& appender();
  void write_waiting();

  core::FileDescriptor from_;
  std::filesystem::path from_path_;
  core::FileIdentity from_identity_;
  std::filesystem::path to_;
  std::int64_t n_cells_;
  std::string root_;
  std::string obsm_name_;
  std::int64_t obsm_width_ = 0;  // 0: there was no append_obsm() yet
  bool obsm_begun_ = false;      // in the file
  std::vector<float> waiting_;   // rows of obsm, for the copy to be whole
  std::optional<Appender> appender_;
  std::stop_source stop_;
  core::ThreadPool thread_{1};
  std::future<void> copied_;
};

}  // namespace sctab::h5ad
