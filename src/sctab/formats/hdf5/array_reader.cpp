#include "sctab/formats/hdf5/array_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "sctab/core/error.hpp"

namespace sctab::hdf5 {
namespace {

constexpr std::int64_t kLeastPiece = 1 << 16;

Handle require_numbers(Handle dataset) {
  const auto kind = element_type(dataset.id()).kind;
  const bool numbers = kind == ElementType::Kind::kNumber || kind == ElementType::Kind::kBoolean;
  if (!numbers || dimensions(dataset.id()).size() != 1) {
    throw error_at(dataset.id(), {.found = "does not hold a single column of numbers", .next_step = kWriteAgain});
  }
  check_plausible_size(dataset.id());
  return dataset;
}

/// Makes numbers of the kind To of those of the kind From that lie in their place.
template <typename From, typename To>
void convert_in_place(std::span<To> numbers) {
  if constexpr (!std::is_same_v<From, To> && sizeof(From) == sizeof(To)) {
    for (To& number : numbers) {
      From value;
      std::memcpy(&value, &number, sizeof(From));
      number = convert_number<To>(value);
    }
  }
}

}  // namespace

struct ArrayReader::Scratch {
  ChunkDecoder::Scratch decoder;
  std::vector<std::byte> piece, as_stored;
  std::shared_ptr<const arrays::PieceCache::Bytes> shared;  // the piece that bytes_of() points into
};

/// A Scratch for as long as this lives.
class ArrayReader::Borrowed {
 public:
  explicit Borrowed(ArrayReader& reader) : reader_(reader) {
    {
      const std::lock_guard lock(reader_.mutex_);
      if (!reader_.idle_.empty()) {
        scratch_ = std::move(reader_.idle_.back());
        reader_.idle_.pop_back();
      }
    }
    if (!scratch_) scratch_ = std::make_unique<Scratch>();
  }
  ~Borrowed() {
    scratch_->shared.reset();
    const std::lock_guard lock(reader_.mutex_);
    try {
      reader_.idle_.push_back(std::move(scratch_));
    } catch (const std::bad_alloc&) {  // then there is one less to lend
    }
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Scratch& operator*() { return *scratch_; }

 private:
  ArrayReader& reader_;
  std::unique_ptr<Scratch> scratch_;
};

ArrayReader::ArrayReader(Handle dataset)
    : dataset_(require_numbers(std::move(dataset))),
      type_(element_type(dataset_.id())),
      size_(dimensions(dataset_.id())[0]),
      stored_size_(stored_size(type_)),
      decoder_(dataset_.id(), stored_size_),
      file_(dataset_.id()) {
  const std::int64_t chunk = std::max<std::int64_t>(1, decoder_.chunk_elements());
  decodes_ = decoder_.chunk_elements() > 0 && decoder_.knows_filters();
  piece_elements_ = decodes_ ? chunk : (kLeastPiece + chunk - 1) / chunk * chunk;
  const haddr_t address = H5Dget_offset(dataset_.id());
  const bool one_stretch = decoder_.chunk_elements() == 0 && address != HADDR_UNDEF;
  if (one_stretch && type_.stored_as_is && file_.can_read()) address_ = address;
}

ArrayReader::~ArrayReader() = default;

template <typename To>
void ArrayReader::read_any(std::int64_t begin, std::span<To> out) {
  SCTAB_ASSERT(begin >= 0 && begin + static_cast<std::int64_t>(out.size()) <= size_);
  Borrowed scratch(*this);
  visit_number(type_.number, [&](auto kind) { read_as<decltype(kind)>(begin, out, *scratch); });
}

template void ArrayReader::read_any(std::int64_t, std::span<float>);
template void ArrayReader::read_any(std::int64_t, std::span<double>);
template void ArrayReader::read_any(std::int64_t, std::span<std::int32_t>);
template void ArrayReader::read_any(std::int64_t, std::span<std::int64_t>);

template <typename From, typename To>
void ArrayReader::read_as(std::int64_t begin, std::span<To> out, Scratch& scratch) {
  const auto count = static_cast<std::int64_t>(out.size());
  if (std::is_same_v<From, To> && address_ != 0) return read_past_hdf5(begin, std::as_writable_bytes(out));
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t number = (begin + done) / piece_elements_;
    const std::int64_t first = begin + done - number * piece_elements_;
    const std::int64_t n = std::min(count - done, piece_elements_ - first);
    To* const to = out.data() + done;
    if constexpr (std::is_same_v<To, std::int32_t> && std::is_integral_v<From> && sizeof(From) == 2 * sizeof(To)) {
      if (n == piece_elements_ && decode_lower_halves(number, {to, static_cast<std::size_t>(n)}, scratch)) {
        done += n;
        continue;
      }
    }
    if (sizeof(From) == sizeof(To) && n == piece_elements_) {
      load(number, std::as_writable_bytes(std::span(to, static_cast<std::size_t>(n))), scratch);
      convert_in_place<From>(std::span(to, static_cast<std::size_t>(n)));
    } else {
      const std::byte* const from = bytes_of(begin + done, n, scratch).data();
      if constexpr (std::is_same_v<From, To>) {
        std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(From));
      } else {
        for (std::int64_t i = 0; i < n; ++i) {
          From value;
          std::memcpy(&value, from + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
          to[i] = convert_number<To>(value);
        }
      }
    }
    done += n;
  }
}

std::span<const std::byte> ArrayReader::bytes_of(std::int64_t begin, std::int64_t n, Scratch& scratch) {
  const std::size_t n_bytes = static_cast<std::size_t>(n) * type_.size;
  const std::size_t piece_bytes = static_cast<std::size_t>(piece_elements_) * type_.size;
  if (address_ != 0) {
    scratch.piece.resize(n_bytes);
    read_past_hdf5(begin, scratch.piece);
    return scratch.piece;
  }
  const std::int64_t number = begin / piece_elements_;
  const std::int64_t first = begin - number * piece_elements_;
  if (n == std::min(piece_elements_, size_ - number * piece_elements_)) {
    scratch.piece.resize(piece_bytes);
    load(number, scratch.piece, scratch);
    return std::span(scratch.piece).first(n_bytes);
  }
  scratch.shared = pieces_.get(number, [&](std::vector<std::byte>& piece) {
    piece.resize(piece_bytes);
    load(number, piece, scratch);
  });
  return std::span(*scratch.shared).subspan(static_cast<std::size_t>(first) * type_.size, n_bytes);
}

void ArrayReader::load(std::int64_t number, std::span<std::byte> piece, Scratch& scratch) {
  const std::int64_t begin = number * piece_elements_;
  if (decodes_ && decode(begin, piece, scratch)) return;
  const auto n = static_cast<std::size_t>(std::min(piece_elements_, size_ - begin));
  read_through_hdf5(begin, piece.first(n * type_.size));
}

bool ArrayReader::decode(std::int64_t begin, std::span<std::byte> piece, Scratch& scratch) const {
  if (type_.stored_as_is) return decoder_.decode(begin, piece, scratch.decoder);
  const auto n = static_cast<std::size_t>(piece_elements_);
  scratch.as_stored.resize(n * std::max(type_.size, stored_size_));
  const std::span<std::byte> stored(scratch.as_stored);
  if (!decoder_.decode(begin, stored.first(n * stored_size_), scratch.decoder)) return false;
  convert_stored(dataset_.id(), type_, n, stored);
  std::ranges::copy(stored.first(piece.size()), piece.begin());
  return true;
}

bool ArrayReader::decode_lower_halves(std::int64_t number, std::span<std::int32_t> piece, Scratch& scratch) {
  if (!decodes_ || !type_.stored_as_is || has_upper_halves_) return false;
  const std::span lower(reinterpret_cast<std::uint32_t*>(piece.data()), piece.size());
  if (!decoder_.decode_lower_halves(number * piece_elements_, lower, scratch.decoder)) {
    has_upper_halves_ = true;
    return false;
  }
  for (std::int32_t& value : piece) value = std::max(value, -1);  // what does not fit, as convert_number() has it
  return true;
}

void ArrayReader::read_through_hdf5(std::int64_t begin, std::span<std::byte> out) {
  const Lock lock;
  const auto offset = static_cast<hsize_t>(begin);
  const auto count = static_cast<hsize_t>(out.size() / type_.size);
  const Handle from = owned(H5Dget_space(dataset_.id()), dataset_.id(), "its size is damaged");
  if (count > 0) (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, &offset, nullptr, &count, nullptr);
  const Handle to(H5Screate_simple(1, &count, nullptr));
  if (count == 0) return;
  checked(H5Dread(dataset_.id(), type_.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, out.data()), dataset_.id(),
          fmt::format("elements from {} on cannot be read", begin));
}

void ArrayReader::read_past_hdf5(std::int64_t begin, std::span<std::byte> out) const {
  if (file_.read(address_ + static_cast<std::uint64_t>(begin) * type_.size, out)) return;
  const Lock lock;
  throw error_at(dataset_.id(), {.found = fmt::format("elements from {} on cannot be read: the file is cut off", begin),
                                 .next_step = kCopyAgain});
}

}  // namespace sctab::hdf5
