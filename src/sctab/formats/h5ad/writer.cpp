#include "sctab/formats/h5ad/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/dataframe_writer.hpp"
#include "sctab/formats/hdf5/array_reader.hpp"
#include "sctab/formats/hdf5/chunk_writer.hpp"

namespace sctab::h5ad {
namespace {

hid_t hdf5_type(ValueType type) {
  const std::array<hid_t, 3> types = {H5T_NATIVE_UINT16, H5T_NATIVE_INT32,
                                      H5T_NATIVE_FLOAT};  // in the order of the enum
  return types.at(static_cast<std::size_t>(type));
}

/// Values as T, exactly.
template <typename T>
void append_as(hdf5::ChunkWriter& writer, std::span<const float> values) {
  std::vector<T> exact;
  exact.reserve(values.size());
  constexpr auto kHalfOfEnd =
      static_cast<T>(std::numeric_limits<T>::max() / 2 + 1);  // a power of two: exact as a float
  constexpr float kEnd = static_cast<float>(kHalfOfEnd) * 2.0F;
  for (const float value : values) {
    const bool fits = value >= static_cast<float>(std::numeric_limits<T>::min()) && value < kEnd;
    if (!fits || std::nearbyint(value) != value) {
      throw std::logic_error(fmt::format("{} cannot be stored exactly as an integer of {} bytes", value, sizeof(T)));
    }
    exact.push_back(static_cast<T>(value));
  }
  writer.append(std::as_bytes(std::span(exact)));
}

template <typename T>
void write_offsets(hid_t group, hid_t type, const std::vector<std::int64_t>& offsets,
                   const hdf5::ChunkOptions& options) {
  hdf5::ChunkWriter writer(group, "indptr", type, options);
  std::vector<T> narrow;
  narrow.reserve(offsets.size());
  for (const std::int64_t offset : offsets) narrow.push_back(static_cast<T>(offset));
  writer.append(std::as_bytes(std::span(narrow)));
  (void)writer.finish();
}

/// Writes the indices again as int64. Whether they must be is known only at the end.
void widen_indices(hid_t group, hdf5::Handle written, const hdf5::ChunkOptions& options) {
  constexpr std::int64_t kAtOnce = 1 << 18;
  hdf5::ChunkWriter wide(group, "wide_indices", H5T_NATIVE_INT64, options);
  const auto narrow = [&written] {
    const hdf5::Lock lock;
    return std::make_unique<hdf5::ArrayReader>(std::move(written));
  }();
  std::vector<std::int64_t> block;
  for (std::int64_t begin = 0; begin < narrow->size(); begin += kAtOnce) {
    block.resize(static_cast<std::size_t>(std::min(kAtOnce, narrow->size() - begin)));
    narrow->read(begin, std::span(block));
    wide.append(std::as_bytes(std::span(block)));
  }
  (void)wide.finish();
  const hdf5::Lock lock;
  hdf5::remove(group, "indices");
  hdf5::checked(H5Lmove(group, "wide_indices", group, "indices", H5P_DEFAULT, H5P_DEFAULT), group,
                "indices cannot be replaced", hdf5::kFreeSpace);
}

/// The file and its X while cells arrive.
hdf5::Handle create_matrix_group(hid_t file) {
  const hdf5::Lock lock;
  hdf5::mark(file, "anndata", "0.1.0");
  hdf5::Handle group = hdf5::create_group(file, "X");
  hdf5::mark(group.id(), "csr_matrix", "0.1.0");
  return group;
}

hdf5::Handle create_locked(const std::filesystem::path& path) {
  const hdf5::Lock lock;
  return hdf5::create_file(path);
}

}  // namespace

struct Writer::State {
  State(std::filesystem::path file_path, sparse::GeneIndex genes, const WriteOptions& options)
      : path(std::move(file_path)),
        n_genes(genes),
        values(options.values),
        most_for_int32(options.most_for_int32),
        chunks{.chunk_rows = options.chunk_elements, .gzip_level = options.gzip_level, .pool = options.pool},
        file(create_locked(path)),
        x(create_matrix_group(file.id())),
        data(x.id(), "data", hdf5_type(values), chunks),
        indices(x.id(), "indices", H5T_NATIVE_INT32, chunks) {}
  ~State() { hdf5::abandon_file(file); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void finish_matrix();

  std::filesystem::path path;
  sparse::GeneIndex n_genes;
  ValueType values;
  std::int64_t most_for_int32;
  hdf5::ChunkOptions chunks;
  hdf5::Handle file, x;
  hdf5::ChunkWriter data, indices;
  std::vector<std::int64_t> indptr{0};
};

void Writer::State::finish_matrix() {
  (void)data.finish();
  hdf5::Handle written = indices.finish();
  if (indptr.back() <= most_for_int32) {
    write_offsets<std::int32_t>(x.id(), H5T_NATIVE_INT32, indptr, chunks);
  } else {
    widen_indices(x.id(), std::move(written), chunks);
    write_offsets<std::int64_t>(x.id(), H5T_NATIVE_INT64, indptr, chunks);
  }
  const hdf5::Lock lock;
  const std::int64_t shape[] = {static_cast<std::int64_t>(indptr.size()) - 1, n_genes};
  hdf5::set_integers(x.id(), "shape", shape);
  x.reset();
}

Writer::Writer(std::filesystem::path path, sparse::GeneIndex n_genes, WriteOptions options)
    : state_(std::make_unique<State>(std::move(path), n_genes, options)) {}

Writer::~Writer() = default;

void Writer::append(sparse::CsrView cells) {
  SCTAB_ASSERT(cells.n_genes == state_->n_genes);
  if (cells.n_cells == 0) return;
  const auto begin = static_cast<std::size_t>(cells.indptr[0]);
  const auto count = static_cast<std::size_t>(cells.nnz());
  const auto values = cells.data.subspan(begin, count);
  switch (state_->values) {
    case ValueType::kUint16:
      append_as<std::uint16_t>(state_->data, values);
      break;
    case ValueType::kInt32:
      append_as<std::int32_t>(state_->data, values);
      break;
    case ValueType::kFloat32:
      state_->data.append(std::as_bytes(values));
      break;
  }
  state_->indices.append(std::as_bytes(cells.indices.subspan(begin, count)));
  const std::int64_t before = state_->indptr.back();
  for (std::size_t cell = 1; cell <= static_cast<std::size_t>(cells.n_cells); ++cell) {
    state_->indptr.push_back(before + cells.indptr[cell] - cells.indptr[0]);
  }
}

void Writer::write_obs(const formats::Strings& index, std::span<const formats::Column> columns) {
  SCTAB_ASSERT(index.size() + 1 == state_->indptr.size());
  const hdf5::Lock lock;
  write_dataframe(state_->file.id(), "obs", index, columns);
}

void Writer::write_obs(const formats::Strings& index, const formats::Strings& names,
                       const std::function<formats::Column(std::size_t)>& make_column) {
  SCTAB_ASSERT(index.size() + 1 == state_->indptr.size());
  const hdf5::Handle group = [&] {
    const hdf5::Lock lock;
    return begin_dataframe(state_->file.id(), "obs", index);
  }();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const formats::Column column = make_column(i);  // may wait for threads: without the lock
    SCTAB_ASSERT(column.name == names[i] && n_rows(column.values) == index.size());
    const hdf5::Lock lock;
    write_column(group.id(), column, hdf5::Encoding::kCurrent);
  }
  const hdf5::Lock lock;
  end_dataframe(group, names);
}

void Writer::write_var(const formats::Strings& index, std::span<const formats::Column> columns) {
  SCTAB_ASSERT(std::cmp_equal(index.size(), state_->n_genes));
  const hdf5::Lock lock;
  write_dataframe(state_->file.id(), "var", index, columns);
}

void Writer::write_uns(const nlohmann::json& uns) {
  SCTAB_ASSERT(uns.is_object());
  const hdf5::Lock lock;
  hdf5::write_json_value(state_->file.id(), "uns", uns, hdf5::Encoding::kCurrent);
}

void Writer::close() {
  state_->finish_matrix();
  const hdf5::Lock lock;
  for (const char* name : {"layers", "obsm", "obsp", "uns", "varm", "varp"}) {
    if (!hdf5::exists(state_->file.id(), name))
      (void)hdf5::create_mapping(state_->file.id(), name, hdf5::Encoding::kCurrent);
  }
  hdf5::close_file(state_->file, state_->path);
}

}  // namespace sctab::h5ad
