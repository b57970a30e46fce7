#include "sctab/model/network_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "sctab/core/error.hpp"

namespace sctab::model {
namespace {

using safetensors::ArrayInfo;

constexpr std::int64_t kValuesAtOnce = 1 << 18;  // 1 MB

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view tensor, std::string found,
                         std::string expected, std::string next_step = "check that the file belongs to this model") {
  throw core::InputError({.file = file.string(),
                          .subject = fmt::format("tensor {}", tensor),
                          .found = std::move(found),
                          .expected = std::move(expected),
                          .next_step = std::move(next_step)});
}

std::string text(const std::vector<std::int64_t>& shape) {
  return fmt::format("shape [{}]", fmt::join(shape, ", "));
}

std::int64_t n_values(const ArrayInfo& array) {
  return std::accumulate(array.shape.begin(), array.shape.end(), std::int64_t{1}, std::multiplies<>());
}

void to_floats(formats::NumberType type, std::span<const std::byte> bytes, std::span<float> values) {
  if (type == formats::NumberType::kF32) {
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return;
  }
  std::vector<double> doubles(values.size());
  formats::to_doubles(type, bytes.data(), doubles);
  std::ranges::transform(doubles, values.begin(), [](double value) { return static_cast<float>(value); });
}

}  // namespace

NetworkWeights::NetworkWeights(const std::filesystem::path& path, const Architecture& architecture)
    : file_(path), tensors_(network_tensors(architecture)) {
  for (const ArrayInfo& array : file_.arrays()) given_.emplace(array.name, &array);
  for (const NetworkTensor& tensor : tensors_) known_.emplace(tensor.name, &tensor);
  require_known();
  for (const NetworkTensor& tensor : tensors_) require_shape(tensor);
  for (const NetworkTensor& tensor : tensors_) {
    if (!tensor.tied_to.empty() && given_.contains(tensor.name)) require_same(tensor);
  }
}

void NetworkWeights::require_known() const {
  for (const ArrayInfo& array : file_.arrays()) {
    if (!known_.contains(array.name)) refuse(file_.path(), array.name, "is unknown to this architecture", "");
  }
}

void NetworkWeights::require_shape(const NetworkTensor& tensor) const {
  const auto given = given_.find(tensor.name);
  if (given == given_.end()) {
    if (!tensor.tied_to.empty() || find(tensor.name) != nullptr) return;
    refuse(file_.path(), tensor.name, "is missing", text(tensor.shape));
  }
  const ArrayInfo& array = *given->second;
  if (array.shape != tensor.shape) refuse(file_.path(), tensor.name, text(array.shape), text(tensor.shape));
  const bool is_counter = tensor.role == NetworkTensor::Role::kCounter;
  if (formats::is_floating(array.type) == is_counter) {
    refuse(file_.path(), tensor.name, std::string(formats::name(array.type)), is_counter ? "I64" : "F32");
  }
}

void NetworkWeights::require_same(const NetworkTensor& tied) {
  const ArrayInfo &array = *given_.at(tied.name), &other = get(tied.tied_to);
  if (&array == &other) return;
  const std::vector<float> wanted = floats(other.name);
  read_parts(array, [&](std::int64_t first, std::span<const float> values) {
    if (std::ranges::equal(values, std::span(wanted).subspan(static_cast<std::size_t>(first), values.size()))) return;
    refuse(file_.path(), tied.name, "differs from tensor " + other.name, "the same values: they are one tied weight");
  });
}

const std::string& NetworkWeights::first_name(const std::string& name) const {
  const NetworkTensor& tensor = *known_.at(name);
  return tensor.tied_to.empty() ? tensor.name : tensor.tied_to;
}

const ArrayInfo* NetworkWeights::find(std::string_view name) const {
  if (const auto own = given_.find(name); own != given_.end()) return own->second;
  const auto is_other_name = [&](const NetworkTensor& tensor) {
    return tensor.tied_to == name && given_.contains(tensor.name);
  };
  const auto other = std::ranges::find_if(tensors_, is_other_name);
  return other == tensors_.end() ? nullptr : given_.at(other->name);
}

const ArrayInfo& NetworkWeights::get(std::string_view name) const {
  const ArrayInfo* const found = find(first_name(std::string(name)));
  SCTAB_ASSERT(found != nullptr);
  return *found;
}

void NetworkWeights::read_parts(const ArrayInfo& array,
                                const std::function<void(std::int64_t, std::span<const float>)>& use) {
  const auto width = static_cast<std::int64_t>(formats::width(array.type));
  std::vector<std::byte> bytes;
  std::vector<float> values;
  for (std::int64_t first = 0; first < n_values(array); first += kValuesAtOnce) {
    const std::int64_t n = std::min(kValuesAtOnce, n_values(array) - first);
    bytes.resize(static_cast<std::size_t>(n * width));
    values.resize(static_cast<std::size_t>(n));
    file_.read(array, static_cast<std::uint64_t>(first * width), bytes);
    to_floats(array.type, bytes, values);
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
      refuse(file_.path(), array.name, "NaN or infinite values", "finite ones",
             "the file is damaged or its training failed: copy it or train again");
    }
    use(first, values);
  }
}

std::vector<float> NetworkWeights::floats(std::string_view name) {
  const ArrayInfo& array = get(name);
  std::vector<float> result(static_cast<std::size_t>(n_values(array)));
  read_parts(array, [&](std::int64_t first, std::span<const float> values) {
    std::ranges::copy(values, result.begin() + first);
  });
  return result;
}

std::vector<float> NetworkWeights::transposed(std::string_view name) {
  const ArrayInfo& array = get(name);
  SCTAB_ASSERT(array.shape.size() == 2);
  const std::int64_t n_out = array.shape[0], n_in = array.shape[1];
  std::vector<float> result(static_cast<std::size_t>(n_out * n_in));
  read_parts(array, [&](std::int64_t first, std::span<const float> values) {
    std::int64_t row = first / n_in, column = first % n_in;
    for (const float value : values) {
      result[static_cast<std::size_t>(column * n_out + row)] = value;
      if (++column < n_in) continue;
      column = 0;
      ++row;
    }
  });
  return result;
}

}  // namespace sctab::model
