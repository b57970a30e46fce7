#include "sctab/model/npy_file.hpp"

#include <fmt/format.h>

#include <bit>
#include <string>

#include "sctab/core/error.hpp"

namespace sctab::model {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kAlignment = 64;

void check(const std::ofstream& file, const std::filesystem::path& path) {
  if (!file) throw core::InputError({.file = path.string(), .found = "cannot be written", .next_step = "check that the disk is not full"});
}

}  // namespace

NpyFile::NpyFile(std::filesystem::path path, std::int64_t n_rows, std::int64_t n_columns)
    : path_(std::move(path)), file_(path_, std::ios::binary), missing_(n_rows * n_columns) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", n_rows, n_columns);
  const std::string magic("\x93NUMPY\x01\x00", 8);
  const std::size_t before = magic.size() + 2;
  header.append((kAlignment - (before + header.size() + 1) % kAlignment) % kAlignment, ' ');
  header += '\n';
  file_ << magic << static_cast<char>(header.size() & 0xFFU) << static_cast<char>(header.size() >> 8U) << header;
  check(file_, path_);
}

void NpyFile::append(std::span<const float> values) {
  missing_ -= std::ssize(values);
  file_.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  check(file_, path_);
}

void NpyFile::close() {
  SCTAB_ASSERT(missing_ == 0);
  file_.close();
  check(file_, path_);
}

}  // namespace sctab::model
