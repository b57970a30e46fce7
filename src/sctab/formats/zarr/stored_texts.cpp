#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/arrays/utf8_texts.hpp"
#include "sctab/formats/zarr/stored_arrays.hpp"

namespace sctab::zarr {
namespace {

/// Takes counts and runs of bytes off the front of a chunk of texts.
class TextChunk {
 public:
  TextChunk(std::span<const std::byte> bytes, core::Problem place) : rest_(bytes), place_(std::move(place)) {}

  std::uint32_t count() {
    std::uint32_t value = 0;
    const auto bytes = take(sizeof(value));
    for (std::size_t i = sizeof(value); i-- > 0;) value = (value << 8U) | static_cast<std::uint32_t>(bytes[i]);
    return value;
  }
  std::string_view text() {
    const auto bytes = take(count());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[noreturn]] void fail(std::string found) const {
    core::Problem problem = place_;
    problem.found = std::move(found);
    problem.next_step = arrays::kCopyAgain;
    throw core::InputError(std::move(problem));
  }

 private:
  std::span<const std::byte> take(std::size_t n) {
    if (n > rest_.size()) fail("its text is cut off or damaged");
    const auto taken = rest_.first(n);
    rest_ = rest_.subspan(n);
    return taken;
  }

  std::span<const std::byte> rest_;
  core::Problem place_;
};

class TextArray {
 public:
  explicit TextArray(StoredArray array) : chunks_(std::move(array)) {}

  formats::Strings read() {
    const ArrayHeader& header = chunks_.header();
    const std::int64_t n = header.n_elements();
    core::Problem problem = chunks_.place();
    problem.found = fmt::format("announces {} texts", core::format_count(n));
    core::require_memory(n, sizeof(std::string), problem);
    if (header.shape.empty()) {
      append({}, 1);
      return std::move(texts_);
    }
    const std::int64_t chunk = header.chunk_shape[0];
    for (std::int64_t begin = 0; begin < n; begin += chunk) {
      core::check_interrupt();
      append(std::array{begin / chunk}, std::min(chunk, n - begin));
    }
    return std::move(texts_);
  }

 private:
  void append(std::span<const std::int64_t> coordinates, std::int64_t n) {
    ChunkReader::Borrowed scratch(chunks_);
    const auto bytes = chunks_.expand(coordinates, *scratch);
    const Element& element = chunks_.header().element;
    core::Problem where = chunks_.place();
    where.key = join(where.key, chunks_.header().key_of(coordinates));
    if (!bytes) return append_fill(n, std::move(where));
    if (element.form != Element::Form::kVariableBytes) {
      for (std::int64_t i = 0; i < n; ++i) {
        add(to_text(element, bytes->subspan(static_cast<std::size_t>(i) * element.stored_bytes, element.stored_bytes)));
      }
      return;
    }
    TextChunk chunk(*bytes, std::move(where));
    if (const auto count = chunk.count(); std::cmp_not_equal(count, chunks_.header().chunk_elements())) {
      chunk.fail(fmt::format("holds {} texts in place of {}", count, chunks_.header().chunk_elements()));
    }
    for (std::int64_t i = 0; i < n; ++i) add(std::string(chunk.text()));
  }

  void append_fill(std::int64_t n, core::Problem where) {
    if (!chunks_.header().fill_text)
      TextChunk({}, std::move(where)).fail("is missing, and the text that it had with it");
    for (std::int64_t i = 0; i < n; ++i) add(*chunks_.header().fill_text);
  }

  void add(std::string text) {
    n_bytes_ += static_cast<std::int64_t>(text.size());
    if (n_bytes_ >= next_check_) {
      core::Problem problem = chunks_.place();
      problem.found = fmt::format("has more than {} of text", core::format_bytes(static_cast<double>(n_bytes_)));
      core::require_memory(n_bytes_, 1, std::move(problem));
      next_check_ = n_bytes_ + kBytesBetweenChecks;
    }
    texts_.push_back(std::move(text));
  }

  static constexpr std::int64_t kBytesBetweenChecks = 1 << 20;

  ChunkReader chunks_;
  formats::Strings texts_;
  std::int64_t n_bytes_ = 0, next_check_ = kBytesBetweenChecks;
};

}  // namespace

formats::Strings read_texts(StoredArray array, std::string_view counted) {
  core::Problem problem = array.storage->place(array.path);
  if (array.header.element.kind() != arrays::ArrayInfo::Kind::kText || array.header.shape.size() > 1) {
    problem.found = fmt::format("does not hold a single column of text: its type is {}, in {} dimensions",
                                array.header.element.name, array.header.shape.size());
    problem.next_step = arrays::kWriteAgain;
    throw core::InputError(std::move(problem));
  }
  formats::Strings texts = TextArray(std::move(array)).read();
  arrays::require_utf8(texts, counted, problem);
  return texts;
}

}  // namespace sctab::zarr
