#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace sctab::hdf5::structure {

/// An address that a file leaves undefined.
inline constexpr std::uint64_t kUndefined = ~std::uint64_t{0};

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// Files that an HDF5 file leads to, by the names that it has for them.
struct OtherFiles {
  /// A file of bare values, of which this many bytes are read.
  struct Values {
    std::string name;
    std::uint64_t n_bytes = 0;
  };
  std::vector<std::string> linked;  // HDF5 files, by external links
  std::vector<Values> values;       // by external storage
};

/// The bytes of a foreign HDF5 file, read past libhdf5. Nothing in such a file can be relied on: every read is held
/// against the file's end, and what the structures take together against its size, which bounds the work of whoever
/// walks them. Addresses count from the superblock. All errors are InputError and name the file.
class FileImage {
 public:
  struct Format {
    std::uint64_t base = 0;  // where the superblock begins: behind the user block
    std::uint64_t end = 0;   // of what belongs to HDF5, counted from `base`
    std::size_t address_bytes = 8, length_bytes = 8;
  };

  /// The descriptor stays the caller's, and must outlive this.
  FileImage(int descriptor, std::string path);

  /// Notes other files from now on instead of refusing what leads to them; nullptr: refuses it again.
  void note_others(OtherFiles* others) { others_ = others; }
  [[nodiscard]] OtherFiles* others() const { return others_; }

  void set_format(const Format& format) { format_ = format; }
  [[nodiscard]] const Format& format() const { return format_; }
  /// Of the whole file, user block and all.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] Bytes read(std::uint64_t address, std::uint64_t n_bytes, const char* what) const;
  /// read(), of a structure that takes these bytes for itself. Throws where one begins there already.
  [[nodiscard]] Bytes take(std::uint64_t address, std::uint64_t n_bytes, const char* what);
  /// As take(), where the bytes need not be read.
  void claim(std::uint64_t address, std::uint64_t n_bytes, const char* what);
  /// claim() for values; that two of them begin in the same place is found by require_disjoint().
  void claim_values(std::uint64_t address, std::uint64_t n_bytes, const char* what);
  /// Throws where any two claims overlap.
  void require_disjoint();
  /// The same file, of which nothing is claimed.
  [[nodiscard]] FileImage unclaimed() const;

  /// Throws InputError: "is damaged: WHAT at byte N: REASON".
  [[noreturn]] void fail(const char* what, std::uint64_t address, std::string_view reason) const;
  /// Throws InputError with what was found in the file that is not damage.
  [[noreturn]] void refuse(std::string found, std::string next_step) const;

 private:
  struct Extent {
    std::uint64_t address, n_bytes;
    const char* what;
  };
  void require_inside(std::uint64_t address, std::uint64_t n_bytes, const char* what) const;

  int descriptor_;
  std::string path_;
  std::uint64_t size_ = 0;
  Format format_;
  OtherFiles* others_ = nullptr;
  std::vector<Extent> extents_;
  std::unordered_set<std::uint64_t> begins_;  // of structures
  std::uint64_t n_claimed_ = 0;
};

/// Reads the fields of a structure one after another. Throws as FileImage::fail() does where they end too early.
class Cursor {
 public:
  /// what: the structure's name for errors ("object header"); address: of bytes[0].
  Cursor(const FileImage& file, ByteView bytes, std::uint64_t address, const char* what)
      : file_(file), bytes_(bytes), address_(address), what_(what) {}

  template <std::unsigned_integral T>
  T get() {
    T value{};
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  /// Little-endian, of up to 8 bytes.
  std::uint64_t number(std::size_t n_bytes);
  /// kUndefined where all bits are set.
  std::uint64_t address();
  std::uint64_t length() { return number(file_.format().length_bytes); }
  ByteView take(std::uint64_t n_bytes);
  void skip(std::uint64_t n_bytes) { (void)take(n_bytes); }
  /// Up to the next zero, which is passed over.
  std::string_view text();

  void expect_signature(std::string_view signature);
  void expect_version(std::uint8_t version);
  void require(bool holds, std::string_view reason) const {
    if (!holds) fail(reason);
  }
  /// Throws unless the next four bytes are the checksum of all before them.
  void expect_checksum();

  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] std::uint64_t position() const { return address_ + at_; }
  [[nodiscard]] const FileImage& file() const { return file_; }
  [[noreturn]] void fail(std::string_view reason) const { file_.fail(what_, address_, reason); }

 private:
  const FileImage& file_;
  ByteView bytes_;
  std::uint64_t address_;
  const char* what_;
  std::size_t at_ = 0;
};

/// a × b, or the largest number where that is too large for 64 bits.
constexpr std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  return a != 0 && b > kUndefined / a ? kUndefined : a * b;
}

/// Bytes that libhdf5 takes to store numbers up to `largest`.
constexpr std::size_t bytes_for(std::uint64_t largest) {
  std::size_t n = 1;
  while (n < 8 && largest >> (8 * n) != 0) ++n;
  return n;
}

}  // namespace sctab::hdf5::structure
