#include "sctab/formats/h5ad/annotated_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/h5ad/dataframe_reader.hpp"
#include "sctab/formats/h5ad/dataframe_writer.hpp"
#include "sctab/formats/h5ad/old_tables.hpp"
#include "sctab/formats/hdf5/chunk_writer.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::h5ad {
namespace fs = std::filesystem;
namespace {

/// Results that may wait for the copy: 64 MB. Once there are more, the caller waits for it.
constexpr std::size_t kMostWaiting = (64 << 20) / sizeof(float);

constexpr std::size_t kBytesPerCall = 64 << 20;

/// True where copy_file_range() failed because this kernel or this pair of file systems does not offer it.
bool not_offered(int error) {
  return error == EXDEV || error == ENOSYS || error == EINVAL || error == EOPNOTSUPP || error == EPERM;
}

std::string size_text(off_t n_bytes) {
  return core::format_bytes(static_cast<double>(n_bytes));
}

}  // namespace

void duplicate_file(const core::FileDescriptor& from, const fs::path& from_path, const fs::path& to,
                    const std::stop_token& stop) {
  const off_t size = core::identity_of(from, from_path).bytes;
  const core::FileDescriptor target = core::FileDescriptor::open(to, O_WRONLY | O_CREAT | O_EXCL);
  if (!target.is_open()) {
    throw core::InputError({.file = to.string(),
                            .found = fmt::format("cannot be written: {}", std::strerror(errno)),
                            .next_step = "choose another output"});
  }
  bool in_kernel = true;
  off_t done = 0;
  while (!stop.stop_requested()) {
    core::check_interrupt();
    off_t begin = done;  // the file's own offset is left alone: HDF5 reads the same file
    const ssize_t copied = in_kernel ? ::copy_file_range(from.get(), &begin, target.get(), nullptr, kBytesPerCall, 0)
                                     : ::sendfile(target.get(), from.get(), &begin, kBytesPerCall);
    if (copied > 0) {
      // Only begins to write: what waits for the disk is then short when the file is synced. No matter if it fails.
      (void)::sync_file_range(target.get(), done, copied, SYNC_FILE_RANGE_WRITE);
      done += copied;
    } else if (copied == 0 && done >= size) {
      return;
    } else if (in_kernel && (copied == 0 || not_offered(errno))) {
      in_kernel = false;  // some file systems' copy_file_range() says 0 before the end
    } else if (copied == 0) {
      throw core::InputError({.file = from_path.string(),
                              .found = fmt::format("ends after {} of its {}; is something writing to it?",
                                                   size_text(done), size_text(size)),
                              .next_step = "run again when it is whole"});
    } else if (errno != EINTR) {
      throw core::InputError(
          {.file = to.string(),
           .found = fmt::format("the copy of {} cannot be written: {}", from_path.string(), std::strerror(errno)),
           .next_step = fmt::format("free {} and some room for the labels, or write the labels alone with -o FILE.csv",
                                    size_text(size))});
    }
  }
}

struct Appender::State {
  State(std::filesystem::path file_path, const std::string& root_path) : path(std::move(file_path)) {
    const hdf5::Lock lock;
    file = hdf5::open_file(path, hdf5::Access::kReadWrite);
    root = hdf5::open_group(file.id(), root_path.empty() ? "/" : root_path);
    if (has_old_tables(root.id())) modernise_tables(root.id());
    n_cells = obs().n_rows();
    // The root is marked since 0.8.
    encoding = hdf5::has_attribute(root.id(), "encoding-type") ? hdf5::Encoding::kCurrent : hdf5::Encoding::kLegacy;
  }
  ~State() {
    array.reset();
    root.reset();
    hdf5::abandon_file(file);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] DataframeReader obs() const { return {root.id(), "obs"}; }
  /// obsm or uns.
  [[nodiscard]] hdf5::Handle mapping(const char* name) const {
    return hdf5::exists(root.id(), name) ? hdf5::open_group(root.id(), name)
                                         : hdf5::create_mapping(root.id(), name, encoding);
  }
  void finish_array();

  std::filesystem::path path;
  hdf5::Handle file, root;  // root: the group of obs
  std::int64_t n_cells = 0;
  hdf5::Encoding encoding = hdf5::Encoding::kCurrent;
  std::optional<hdf5::ChunkWriter> array;
};

void Appender::State::finish_array() {
  if (!array) return;
  SCTAB_ASSERT(array->n_rows() == n_cells);
  const hdf5::Handle dataset = array->finish();
  hdf5::mark(dataset.id(), encoding, "array", "0.2.0");
  array.reset();
}

Appender::Appender(std::filesystem::path path, const std::string& root)
    : state_(std::make_unique<State>(std::move(path), root)) {}

Appender::~Appender() = default;

std::int64_t Appender::n_cells() const {
  return state_->n_cells;
}

void Appender::put_obs(const formats::Column& column) {
  SCTAB_ASSERT(std::cmp_equal(n_rows(column.values), state_->n_cells));
  const hdf5::Lock lock;
  const hdf5::Handle obs = hdf5::open_group(state_->root.id(), "obs");
  const bool legacy = hdf5::text_attribute(obs.id(), "encoding-version") != "0.2.0";
  formats::Strings order = state_->obs().columns();
  if (hdf5::exists(obs.id(), column.name)) hdf5::remove(obs.id(), column.name);
  const std::string categories = "__categories/" + column.name;
  if (hdf5::exists(obs.id(), categories)) hdf5::remove(obs.id(), categories);
  write_column(obs.id(), column, legacy ? hdf5::Encoding::kLegacy : hdf5::Encoding::kCurrent);
  if (std::find(order.begin(), order.end(), column.name) == order.end()) order.push_back(column.name);
  hdf5::set_texts(obs.id(), "column-order", order);
}

void Appender::begin_obsm(std::string_view name, std::int64_t n_cells, std::int64_t n_columns) {
  SCTAB_ASSERT(n_cells == state_->n_cells && n_columns > 0);
  // Not compressed, as anndata leaves it too: gzip halves an embedding with many zeros, at more than a second for
  // 200,000 cells of 128 numbers.
  constexpr std::int64_t kChunkElements = 1 << 18;
  const hdf5::Lock lock;
  state_->finish_array();
  const hdf5::Handle obsm = state_->mapping("obsm");
  if (hdf5::exists(obsm.id(), name)) hdf5::remove(obsm.id(), name);
  const std::int64_t chunk_rows =
      std::clamp<std::int64_t>(kChunkElements / n_columns, 1, std::max<std::int64_t>(1, n_cells));
  state_->array.emplace(obsm.id(), name, H5T_NATIVE_FLOAT,
                        hdf5::ChunkOptions{.width = n_columns, .chunk_rows = chunk_rows, .gzip_level = 0});
}

void Appender::append_obsm(std::span<const float> rows) {
  SCTAB_ASSERT(state_->array.has_value());
  state_->array->append(std::as_bytes(rows));
}

void Appender::put_uns(std::string_view name, const nlohmann::json& value) {
  const hdf5::Lock lock;
  const hdf5::Handle uns = state_->mapping("uns");
  if (hdf5::exists(uns.id(), name)) hdf5::remove(uns.id(), name);
  hdf5::write_json_value(uns.id(), name, value, state_->encoding);
}

void Appender::close() {
  const hdf5::Lock lock;
  state_->finish_array();
  state_->root.reset();
  hdf5::close_file(state_->file, state_->path);
}

AnnotatedCopy::AnnotatedCopy(core::FileDescriptor from, fs::path from_path, fs::path to, std::int64_t n_cells,
                             std::string root)
    : from_(std::move(from)),
      from_path_(std::move(from_path)),
      from_identity_(from_.is_open() ? core::identity_of(from_, from_path_) : core::FileIdentity()),
      to_(std::move(to)),
      n_cells_(n_cells),
      root_(std::move(root)) {
  copied_ = thread_.submit([this, stop = stop_.get_token()] { duplicate_file(from_, from_path_, to_, stop); });
}

AnnotatedCopy::~AnnotatedCopy() {
  stop_.request_stop();
}

void AnnotatedCopy::append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) {
  SCTAB_ASSERT(width > 0 && (obsm_width_ == 0 || (obsm_name_ == name && obsm_width_ == width)));
  obsm_name_ = name;
  obsm_width_ = width;
  waiting_.insert(waiting_.end(), rows.begin(), rows.end());
  const bool is_copied = !copied_.valid() || copied_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  if (is_copied || waiting_.size() > kMostWaiting) write_waiting();
}

void AnnotatedCopy::write_waiting() {
  Appender& file = appender();
  if (!obsm_begun_ && obsm_width_ > 0) {
    file.begin_obsm(obsm_name_, n_cells_, obsm_width_);
    obsm_begun_ = true;
  }
  if (!waiting_.empty()) file.append_obsm(waiting_);
  waiting_.clear();
}

Appender& AnnotatedCopy::appender() {
  if (copied_.valid()) copied_.get();
  if (appender_) return *appender_;
  // A copy that cannot be opened, or is of other cells, may be half of what the file was and half of what it is now.
  try {
    appender_.emplace(to_, root_);
  } catch (const core::InputError&) {
    core::require_unchanged(from_path_, from_identity_);
    throw;
  }
  if (appender_->n_cells() != n_cells_) core::refuse_changed(from_path_);
  return *appender_;
}

void AnnotatedCopy::put_obs(const formats::Column& column) {
  write_waiting();
  appender().put_obs(column);
}

void AnnotatedCopy::put_uns(std::string_view name, const nlohmann::json& value) {
  write_waiting();
  appender().put_uns(name, value);
}

void AnnotatedCopy::close() {
  write_waiting();
  appender().close();
}

}  // namespace sctab::h5ad
