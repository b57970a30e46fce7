#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/cell_sink.hpp"
#include "sctab/formats/h5ad/writer.hpp"

namespace sctab::annotate {

/// The sink of h5ad files: a copy of a file of n_cells cells, to which results are added. A thread of its own makes the
/// copy while the first results wait in memory; the disk starts to write meanwhile, so that little is left to wait for
/// at the end.
class AnnotatedCopy final : public formats::CellSink {
 public:
  AnnotatedCopy(const std::filesystem::path& from, std::filesystem::path to, std::int64_t n_cells);
  /// Ends a copy that is still being made.
  ~AnnotatedCopy() override;

  void append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) override;
  void put_obs(const formats::Column& column) override;
  void put_uns(std::string_view name, const nlohmann::json& value) override;
  void close() override;

 private:
  h5ad::Appender& appender();
  void write_waiting();

  std::filesystem::path to_;
  std::int64_t n_cells_;
  std::string obsm_name_;
  std::int64_t obsm_width_ = 0;  // 0: there was no append_obsm() yet
  bool obsm_begun_ = false;      // in the file
  std::vector<float> waiting_;   // rows of obsm, for the copy to be whole
  std::optional<h5ad::Appender> appender_;
  std::stop_source stop_;
  core::ThreadPool thread_{1};
  std::future<void> copied_;
};

}  // namespace sctab::annotate
