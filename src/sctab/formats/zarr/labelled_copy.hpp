#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/cell_sink.hpp"
#include "sctab/formats/zarr/hierarchy.hpp"
#include "sctab/formats/zarr/node_writer.hpp"
#include "sctab/formats/zarr/target.hpp"

namespace sctab::zarr {

/// The sink of zarr: a copy of one, folder or zip file, to which results are added in its own version of zarr and of
/// AnnData's encodings. A thread of its own copies the matrices while results come; the tables follow at the end.
class LabelledCopy final : public formats::CellSink {
 public:
  /// root: the group of the AnnData, empty or "mod/rna". target: new. Throws InputError where metadata that must be
  /// changed are damaged.
  LabelledCopy(std::shared_ptr<const Hierarchy> source, std::string root, std::int64_t n_cells,
               const std::filesystem::path& target);
  /// Ends a copy that is still being made.
  ~LabelledCopy() override;

  void append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) override;
  void put_obs(const formats::Column& column) override;
  void put_uns(std::string_view name, const nlohmann::json& value) override;
  void close() override;

 private:
  [[nodiscard]] std::string within(std::string_view path) const { return join(root_, path); }
  /// encoding-type and encoding-version, for encodings that have them on each array.
  [[nodiscard]] nlohmann::json marked(std::string_view type, std::string_view version) const;
  /// Whether a key is copied while results come: neither of a table nor of the groups that lead there.
  [[nodiscard]] bool is_independent(const std::string& key) const;
  [[nodiscard]] bool is_replaced(const std::string& key) const;
  void copy_keys(bool independent, const std::stop_token& stop);

  void write_categorical(const std::string& path, const std::string& name, const formats::Categorical& column);
  void write_booleans(const std::string& path, const std::string& name, const formats::Booleans& values);
  void write_json(const std::string& path, const nlohmann::json& value);
  void write_json_array(const std::string& path, const nlohmann::json& value);
  void flush_obsm(bool is_last);
  void finish_obsm();
  void write_groups();
  void write_consolidated();

  std::shared_ptr<const Hierarchy> source_;
  std::string root_;
  std::int64_t n_cells_;
  std::unique_ptr<Target> target_;
  NodeWriter writer_;
  bool is_legacy_table_, is_legacy_;  // encodings before anndata 0.8: of obs, and of the rest
  formats::Strings new_columns_;
  std::set<std::string> replaced_;                // paths of groups and arrays of which nothing is copied
  std::vector<std::string> leading_;              // groups from the top to obs: "", "mod", "mod/rna"
  std::map<std::string, nlohmann::json> shared_;  // metadata that will change, by their keys, as they were

  std::string obsm_path_;
  std::int64_t width_ = 0, n_rows_ = 0, n_chunks_ = 0, chunk_rows_ = 1;
  std::vector<float> rows_;

  std::stop_source stop_;
  core::ThreadPool thread_{1};
  std::future<void> copied_;
};

}  // namespace sctab::zarr
