#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::ubjson {

/// Reads Universal Binary JSON, in which libxgboost saves its trees, value by value from the front. Values that nobody
/// asks for are skipped, never held. Safe on bytes from anywhere: it never reads past their end, allocates at most four
/// bytes for each of theirs and refuses more than kMaxDepth nested values.
///
/// Every function throws InputError where the bytes hold something else, with the path of the value as its key:
/// "learner.trees[3].id". After that the reader is of no further use.
class Reader {
 public:
  static constexpr std::size_t kMaxDepth = 32;  // libxgboost nests 7

  /// place: what the bytes are, for errors. The bytes must outlive this.
  Reader(std::span<const std::uint8_t> bytes, core::Problem place);

  /// Calls visit(key) for each key of the object that is next. visit() reads or skips the key's value.
  template <typename Visit>
  void object(const Visit& visit) {
    enter_object();
    while (const std::optional<std::string_view> key = next_key()) {
      enter({.key = *key});
      visit(*key);
      leave();
    }
  }

  /// Calls visit(i) for each value of the array that is next. visit() reads or skips the value.
  template <typename Visit>
  void array(const Visit& visit) {
    const ArrayHead head = enter_array();
    if (head.type != 0) refuse("an array of numbers", "an array of objects");
    for (std::size_t i = 0; has_value(head, i); ++i) {
      enter({.index = i});
      visit(i);
      leave();
    }
  }

  /// Points into the bytes.
  std::string_view text();
  /// An array of numbers of any type, each of which must fit in a Number (float or std::int32_t).
  template <typename Number>
  std::vector<Number> numbers();
  void skip();
  /// Throws InputError unless all bytes have been read.
  void expect_end() const;

  /// Throws InputError about the value that is being visited.
  [[noreturn]] void refuse(std::string found, std::string expected = {}) const;

 private:
  struct Step {
    std::optional<std::string_view> key{};
    std::size_t index = 0;
  };
  struct ArrayHead {
    char type = 0;                       // 'd' where all values are float32; 0: each value has its type
    std::optional<std::uint64_t> count;  // none: up to ']'
  };

  void enter_object();
  std::optional<std::string_view> next_key();
  ArrayHead enter_array();
  bool has_value(const ArrayHead& head, std::uint64_t i);
  void enter(Step step);
  void leave() { path_.pop_back(); }

  [[nodiscard]] std::size_t n_left() const { return bytes_.size() - position_; }
  std::span<const std::uint8_t> take(std::uint64_t n);
  char take_char() { return static_cast<char>(take(1).front()); }
  bool take_if(char wanted);
  void expect(char wanted, const char* expected);
  std::uint64_t count();
  template <typename Number, typename Stored>
  void append(std::uint64_t n, std::vector<Number>& numbers);
  template <typename Number>
  void append(char type, std::uint64_t n, std::vector<Number>& numbers);
  [[nodiscard]] std::string path() const;

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  core::Problem place_;
  std::vector<Step> path_;
};

extern template std::vector<float> Reader::numbers<float>();
extern template std::vector<std::int32_t> Reader::numbers<std::int32_t>();

}  // namespace sctab::ubjson
