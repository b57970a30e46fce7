#include "sctab/anndata/array_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "sctab/core/error.hpp"

namespace sctab::anndata {
namespace {

constexpr std::int64_t kLeastPiece = 1 << 16;

Handle require_numbers(Handle dataset) {
  const auto kind = element_type(dataset.id()).kind;
  const bool numbers = kind == ElementType::Kind::kNumber || kind == ElementType::Kind::kBoolean;
  if (!numbers || dimensions(dataset.id()).size() != 1) {
    throw core::InputError(fmt::format("{}: one column of numbers was expected; the file is damaged or not AnnData's",
                                       location(dataset.id())));
  }
  check_plausible_size(dataset.id());
  return dataset;
}

}  // namespace

ArrayReader::ArrayReader(Handle dataset)
    : dataset_(require_numbers(std::move(dataset))),
      type_(element_type(dataset_.id())),
      size_(dimensions(dataset_.id())[0]),
      decoder_(dataset_.id(), type_.size) {
  const std::int64_t chunk = std::max<std::int64_t>(1, decoder_.chunk_elements());
  piece_elements_ = (kLeastPiece + chunk - 1) / chunk * chunk;
  decodes_ = decoder_.chunk_elements() > 0 && decoder_.knows_filters() && type_.stored_as_is;
}

template <typename To>
void ArrayReader::read(std::int64_t begin, std::span<To> out) {
  const auto count = static_cast<std::int64_t>(out.size());
  SCTAB_ASSERT(begin >= 0 && begin + count <= size_);
  const Hdf5Lock lock;
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t number = (begin + done) / piece_elements_;
    load(number);
    const std::int64_t first = begin + done - number * piece_elements_;
    const std::int64_t n = std::min(count - done, piece_elements_ - first);
    visit_number(type_.number, [&](auto kind) {
      using From = decltype(kind);
      const std::byte* from = piece_.data() + static_cast<std::size_t>(first) * sizeof(From);
      To* to = out.data() + done;
      if constexpr (std::is_same_v<From, To>) {
        std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(From));
      } else {
        for (std::int64_t i = 0; i < n; ++i) {
          From value;
          std::memcpy(&value, from + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
          to[i] = convert_number<To>(value);
        }
      }
    });
    done += n;
  }
}

template void ArrayReader::read(std::int64_t, std::span<float>);
template void ArrayReader::read(std::int64_t, std::span<double>);
template void ArrayReader::read(std::int64_t, std::span<std::int32_t>);
template void ArrayReader::read(std::int64_t, std::span<std::int64_t>);

void ArrayReader::load(std::int64_t number) {
  if (number == loaded_) return;
  loaded_ = -1;
  const std::int64_t begin = number * piece_elements_;
  const std::int64_t end = std::min(size_, begin + piece_elements_);
  if (!decodes_) {
    piece_.resize(static_cast<std::size_t>(end - begin) * type_.size);
    read_through_hdf5(begin, piece_);
  } else {
    const std::int64_t chunk_elements = decoder_.chunk_elements();
    // Chunks are stored whole, the last one too.
    const std::size_t chunk_bytes = static_cast<std::size_t>(chunk_elements) * type_.size;
    const std::int64_t n_chunks = (end - begin + chunk_elements - 1) / chunk_elements;
    piece_.resize(static_cast<std::size_t>(n_chunks) * chunk_bytes);
    for (std::int64_t i = 0; i < n_chunks; ++i) {
      const std::int64_t first = begin + i * chunk_elements;
      const std::span chunk = std::span(piece_).subspan(static_cast<std::size_t>(i) * chunk_bytes, chunk_bytes);
      if (decoder_.decode(first, chunk)) continue;
      const auto n = static_cast<std::size_t>(std::min(chunk_elements, size_ - first));
      read_through_hdf5(first, chunk.first(n * type_.size));
    }
  }
  loaded_ = number;
}

void ArrayReader::read_through_hdf5(std::int64_t begin, std::span<std::byte> out) {
  const auto offset = static_cast<hsize_t>(begin);
  const auto count = static_cast<hsize_t>(out.size() / type_.size);
  const Handle from = owned(H5Dget_space(dataset_.id()), dataset_.id(), "its size is damaged");
  if (count > 0) (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, &offset, nullptr, &count, nullptr);
  const Handle to(H5Screate_simple(1, &count, nullptr));
  if (count == 0) return;
  checked(H5Dread(dataset_.id(), type_.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, out.data()), dataset_.id(),
          fmt::format("elements from {} on cannot be read", begin));
}

}  // namespace sctab::anndata
