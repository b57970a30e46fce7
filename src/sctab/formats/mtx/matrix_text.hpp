#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "sctab/formats/mtx/part.hpp"

namespace sctab::mtx {

/// What a Matrix Market file says of itself.
struct MatrixHeader {
  std::int64_t n_rows = 0, n_columns = 0;
  std::int64_t n_entries = 0;  // at most n_rows × n_columns
  std::int64_t size_line = 0;  // where it says so, counted from 1
};

/// The entries of a Matrix Market file as text, whole lines from front to back. Only `coordinate` files of real numbers
/// or integers without symmetry are read. All errors are InputError and name file and line.
class MatrixText {
 public:
  enum class Ahead : bool { kNo, kYes };
  /// Reads the header. ahead: unpack in a thread of its own.
  explicit MatrixText(const Part& part, Ahead ahead);

  [[nodiscard]] const MatrixHeader& header() const { return header_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Appends some text to lines(). False at the file's end, where it throws unless there are as many entries as the
  /// header announces, or where a file that is not packed ends within a line: the rest of a number may be cut off.
  bool read_more();
  /// Whole lines that are read and not taken; each is an entry, or an error.
  [[nodiscard]] std::string_view lines() const { return std::string_view(text_).substr(0, whole_); }
  /// Removes the first bytes, whole lines, from lines().
  std::string take(std::size_t bytes);
  /// The number of the first of lines(), counted from 1.
  [[nodiscard]] std::int64_t line_number() const { return line_number_; }
  /// Entries taken.
  [[nodiscard]] std::int64_t n_taken() const { return n_taken_; }

 private:
  bool next_header_line(std::string& line);
  void read_header();
  void set_whole(std::size_t bytes);
  void end();
  [[noreturn]] void refuse_number_of_entries(std::string_view how_many) const;

  std::filesystem::path path_;
  std::unique_ptr<streams::ByteStream> stream_;
  bool end_is_certain_;  // packed files say where they end
  MatrixHeader header_;
  std::string text_;
  std::size_t whole_ = 0;  // bytes of text_ that are whole lines
  bool at_end_ = false;
  std::int64_t line_number_ = 1, n_taken_ = 0;
};

/// Whether the file begins as Matrix Market files do, "%%MatrixMarket", once unpacked. False where it cannot be read.
bool is_matrix_market(const std::filesystem::path& path);

}  // namespace sctab::mtx
