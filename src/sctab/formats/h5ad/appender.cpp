#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/chunk_writer.hpp"
#include "sctab/formats/h5ad/dataframe_reader.hpp"
#include "sctab/formats/h5ad/dataframe_writer.hpp"
#include "sctab/formats/h5ad/hdf5_value.hpp"
#include "sctab/formats/h5ad/writer.hpp"

namespace sctab::h5ad {

struct Appender::State {
  explicit State(std::filesystem::path file_path) : path(std::move(file_path)) {
    const Hdf5Lock lock;
    file = open_file(path, Access::kReadWrite);
    n_cells = DataframeReader(file.id(), "obs").n_rows();
    // The root is marked since 0.8.
    encoding = has_attribute(file.id(), "encoding-type") ? Encoding::kCurrent : Encoding::kLegacy;
  }
  ~State() {
    array.reset();
    abandon_file(file);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// obsm or uns.
  [[nodiscard]] Handle mapping(const char* name) const {
    return exists(file.id(), name) ? open_group(file.id(), name) : create_mapping(file.id(), name, encoding);
  }
  void finish_array();

  std::filesystem::path path;
  Handle file;
  std::int64_t n_cells = 0;
  Encoding encoding = Encoding::kCurrent;
  std::optional<ChunkWriter> array;
};

void Appender::State::finish_array() {
  if (!array) return;
  SCTAB_ASSERT(array->n_rows() == n_cells);
  const Handle dataset = array->finish();
  mark(dataset.id(), encoding, "array", "0.2.0");
  array.reset();
}

Appender::Appender(std::filesystem::path path) : state_(std::make_unique<State>(std::move(path))) {}

Appender::~Appender() = default;

void Appender::put_obs(const Column& column) {
  SCTAB_ASSERT(std::cmp_equal(n_rows(column.values), state_->n_cells));
  const Hdf5Lock lock;
  const Handle obs = open_group(state_->file.id(), "obs");
  const bool legacy = text_attribute(obs.id(), "encoding-version") != "0.2.0";
  Strings order = DataframeReader(state_->file.id(), "obs").columns();
  if (exists(obs.id(), column.name)) remove(obs.id(), column.name);
  const std::string categories = "__categories/" + column.name;
  if (exists(obs.id(), categories)) remove(obs.id(), categories);
  write_column(obs.id(), column, legacy ? Encoding::kLegacy : Encoding::kCurrent);
  if (std::find(order.begin(), order.end(), column.name) == order.end()) order.push_back(column.name);
  set_texts(obs.id(), "column-order", order);
}

void Appender::begin_obsm(std::string_view name, std::int64_t n_cells, std::int64_t n_columns) {
  SCTAB_ASSERT(n_cells == state_->n_cells && n_columns > 0);
  // Not compressed, as anndata leaves it too: gzip halves an embedding with many zeros, at more than a second for
  // 200,000 cells of 128 numbers.
  constexpr std::int64_t kChunkElements = 1 << 18;
  const Hdf5Lock lock;
  state_->finish_array();
  const Handle obsm = state_->mapping("obsm");
  if (exists(obsm.id(), name)) remove(obsm.id(), name);
  const std::int64_t chunk_rows =
      std::clamp<std::int64_t>(kChunkElements / n_columns, 1, std::max<std::int64_t>(1, n_cells));
  state_->array.emplace(obsm.id(), name, H5T_NATIVE_FLOAT,
                        ChunkOptions{.width = n_columns, .chunk_rows = chunk_rows, .gzip_level = 0});
}

void Appender::append_obsm(std::span<const float> rows) {
  SCTAB_ASSERT(state_->array.has_value());
  state_->array->append(std::as_bytes(rows));
}

void Appender::put_uns(std::string_view name, const nlohmann::json& value) {
  const Hdf5Lock lock;
  const Handle uns = state_->mapping("uns");
  if (exists(uns.id(), name)) remove(uns.id(), name);
  write_json_value(uns.id(), name, value, state_->encoding);
}

void Appender::close() {
  const Hdf5Lock lock;
  state_->finish_array();
  close_file(state_->file, state_->path);
}

}  // namespace sctab::h5ad
