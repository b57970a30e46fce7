#include "sctab/formats/hdf5/chunk_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::hdf5 {
namespace {

/// Chunks being compressed. The same for any number of threads, so that the order of chunks in the file is, too.
constexpr std::size_t kMostCompressing = 32;

}  // namespace

ChunkWriter::ChunkWriter(hid_t parent, std::string_view name, hid_t type, ChunkOptions options) : options_(options) {
  if (options.gzip_level > 0) compressor_.emplace(options.gzip_level);
  SCTAB_ASSERT(options.gzip_level >= 0 && options.chunk_rows > 0 && options.width >= 0);
  const Lock lock;
  element_size_ = H5Tget_size(type);
  row_size_ = element_size_ * static_cast<std::size_t>(options.width == 0 ? 1 : options.width);
  const int rank = options.width == 0 ? 1 : 2;
  const auto width = static_cast<hsize_t>(options.width);
  const hsize_t start[2] = {0, width};
  const hsize_t most[2] = {H5S_UNLIMITED, width};
  const hsize_t chunk[2] = {static_cast<hsize_t>(options.chunk_rows), width};
  const Handle space(H5Screate_simple(rank, start, most));
  const Handle layout = timeless_dataset();
  (void)H5Pset_chunk(layout.id(), rank, chunk);
  if (compressor_) {
    (void)H5Pset_shuffle(layout.id());
    (void)H5Pset_deflate(layout.id(), static_cast<unsigned>(options.gzip_level));
  }
  const std::string path(name);
  dataset_ = owned(H5Dcreate2(parent, path.c_str(), type, space.id(), H5P_DEFAULT, layout.id(), H5P_DEFAULT), parent,
                   fmt::format("'{}' cannot be written", name), kFreeSpace);
}

ChunkWriter::~ChunkWriter() {
  for (auto& chunk : compressing_) chunk.wait();
}

void ChunkWriter::append(std::span<const std::byte> rows) {
  SCTAB_ASSERT(rows.size() % row_size_ == 0);
  n_rows_ += static_cast<std::int64_t>(rows.size() / row_size_);
  const std::size_t chunk_bytes = static_cast<std::size_t>(options_.chunk_rows) * row_size_;
  while (!rows.empty()) {
    const std::size_t n = std::min(rows.size(), chunk_bytes - filling_.size());
    filling_.insert(filling_.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(n));
    rows = rows.subspan(n);
    if (filling_.size() == chunk_bytes) submit();
  }
}

void ChunkWriter::submit() {
  core::check_interrupt();
  // HDF5 stores the last chunk whole as well.
  filling_.resize(static_cast<std::size_t>(options_.chunk_rows) * row_size_);
  if (!compressor_) {
    write(filling_);
  } else if (options_.pool == nullptr) {
    std::promise<std::vector<std::byte>> done;
    done.set_value(compressor_->compress(filling_, element_size_));
    compressing_.push_back(done.get_future());
  } else {
    auto chunk = std::make_shared<std::vector<std::byte>>(std::move(filling_));
    compressing_.push_back(options_.pool->submit([chunk, level = options_.gzip_level, size = element_size_] {
      return ChunkCompressor(level).compress(*chunk, size);
    }));
  }
  filling_.clear();
  while (compressing_.size() > kMostCompressing) write_oldest();
}

void ChunkWriter::write_oldest() {
  const std::vector<std::byte> chunk = compressing_.front().get();
  compressing_.pop_front();
  write(chunk);
}

void ChunkWriter::write(std::span<const std::byte> chunk) {
  const Lock lock;
  set_rows(std::min(n_rows_, written_rows_ + options_.chunk_rows));
  const hsize_t offset[2] = {static_cast<hsize_t>(written_rows_), 0};
  checked(H5Dwrite_chunk(dataset_.id(), H5P_DEFAULT, 0, offset, chunk.size(), chunk.data()), dataset_.id(),
          "cannot be written", kFreeSpace);
  written_rows_ += options_.chunk_rows;
}

void ChunkWriter::set_rows(std::int64_t n) {
  const hsize_t extent[2] = {static_cast<hsize_t>(n), static_cast<hsize_t>(options_.width)};
  checked(H5Dset_extent(dataset_.id(), extent), dataset_.id(), "cannot be written", kFreeSpace);
}

Handle ChunkWriter::finish() {
  if (!filling_.empty()) submit();
  while (!compressing_.empty()) write_oldest();
  SCTAB_ASSERT(written_rows_ >= n_rows_);
  return std::move(dataset_);
}

}  // namespace sctab::hdf5
