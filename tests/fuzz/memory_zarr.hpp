#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/harnesses.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/formats/zarr/array_header.hpp"
#include "sctab/formats/zarr/stored_arrays.hpp"

namespace sctab::fuzz {

/// A zarr that keeps the same bytes under all keys, or nothing.
class MemoryZarr final : public zarr::Storage {
 public:
  explicit MemoryZarr(std::optional<std::vector<std::byte>> bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] core::FileIdentity identity() const override { return {}; }
  void require_unchanged() const override {}
  [[nodiscard]] std::unique_ptr<zarr::Value> open(const std::string&) const override {
    return bytes_ ? std::make_unique<MemoryValue>(*bytes_) : nullptr;
  }
  [[nodiscard]] formats::Strings names(const std::string&) const override { return {}; }
  void visit_keys(const std::function<void(const std::string&)>&) const override {}

 private:
  class MemoryValue final : public zarr::Value {
   public:
    explicit MemoryValue(std::span<const std::byte> bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    void read(std::uint64_t offset, std::span<std::byte> out) const override {
      SCTAB_ASSERT(offset <= bytes_.size() && out.size() <= bytes_.size() - offset);
      std::ranges::copy(bytes_.subspan(static_cast<std::size_t>(offset), out.size()), out.begin());
    }

   private:
    std::span<const std::byte> bytes_;
  };

  std::filesystem::path path_ = "x.zarr";
  std::optional<std::vector<std::byte>> bytes_;
};

/// Reads an array of this metadata, in JSON behind the digit of the version, whose chunks all hold these bytes. Arrays
/// that are large are not read.
inline void read_zarr_array(std::string_view metadata, std::optional<std::vector<std::byte>> chunk) {
  constexpr std::int64_t kMostElements = 1 << 16;
  if (metadata.empty()) return;
  const core::Problem place{.file = "x.zarr", .key = "X"};
  const nlohmann::json json = core::parse_json(metadata.substr(1), place);
  zarr::StoredArray array{.storage = std::make_shared<MemoryZarr>(std::move(chunk)), .path = "X", .header = {}};
  array.header = metadata[0] == '3' ? zarr::parse_header_3(json, place) : zarr::parse_header_2(json, place);
  const arrays::ArrayInfo info = array.header.info();
  if (array.header.n_elements() > kMostElements) return;
  if (info.kind == arrays::ArrayInfo::Kind::kText) {
    (void)zarr::read_texts(std::move(array), "row");
  } else if (info.shape.size() == 2) {
    const auto matrix = zarr::open_matrix(std::move(array));
    const std::size_t size = arrays::visit_number(matrix->number(), [](auto number) { return sizeof(number); });
    std::vector<std::byte> values(static_cast<std::size_t>(matrix->n_rows() * matrix->n_columns()) * size);
    matrix->read({0, matrix->n_rows(), 0, matrix->n_columns()}, values);
  } else {
    const auto numbers = zarr::open_numbers(std::move(array));
    std::vector<double> values(static_cast<std::size_t>(numbers->size()));
    numbers->read(0, std::span(values));
    for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / 8) {
      numbers->read(static_cast<std::int64_t>(i), std::span(values).first(1));
    }
  }
}

}  // namespace sctab::fuzz
