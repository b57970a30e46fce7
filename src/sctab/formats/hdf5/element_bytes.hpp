#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/structure/dataset.hpp"
#include "sctab/formats/hdf5/structure/global_heap.hpp"
#include "sctab/formats/hdf5/structure/object_header.hpp"

namespace sctab::hdf5 {

/// The elements of a dataset of one dimension, or of a scalar, byte for byte as the file has them. libhdf5 only fetches
/// chunks: libhdf5 1.10 crashes on damaged text of variable length. The caller holds the Lock.
class ElementBytes {
 public:
  /// The dataset must outlive this. Throws InputError where its header is damaged.
  explicit ElementBytes(hid_t dataset);

  [[nodiscard]] structure::FileImage& file() { return file_; }
  [[nodiscard]] structure::GlobalHeap& heap() { return heap_; }
  [[nodiscard]] const structure::Datatype& type() const { return stored_.type; }
  [[nodiscard]] std::size_t n_elements() const { return static_cast<std::size_t>(stored_.space.n_elements); }

  /// Gives `take` all elements in order, some at a time. Throws InputError where a chunk is damaged, and where elements
  /// with references to a heap are behind filters that are not known here.
  void read(const std::function<void(structure::ByteView elements)>& take);

 private:
  void read_contiguous(const std::function<void(structure::ByteView)>& take);
  /// Returns how many elements were read: not all where a chunk is not there, or behind unknown filters.
  std::size_t read_chunks(const std::function<void(structure::ByteView)>& take);
  void read_through_hdf5(std::size_t first, const std::function<void(structure::ByteView)>& take);

  hid_t id_;
  structure::FileImage file_;
  structure::ObjectHeader header_;
  structure::Dataset stored_;
  structure::GlobalHeap heap_{file_};
};

/// Turns elements that are texts, of a fixed length or a variable one, or such parts of elements, into text.
class TextDecoder {
 public:
  /// is_padded: a fixed length is filled up with spaces. The bytes must outlive this.
  TextDecoder(ElementBytes& bytes, bool is_variable, bool is_padded)
      : bytes_(bytes), is_variable_(is_variable), is_padded_(is_padded) {}

  /// Valid until any decoder of the same bytes is called. Throws InputError where the text is damaged, or where all so
  /// far are more than a file of this size may hold.
  std::string_view decode(structure::ByteView element);

 private:
  std::string_view in_heap(structure::ByteView reference);

  ElementBytes& bytes_;
  bool is_variable_, is_padded_;
  std::uint64_t n_bytes_ = 0;
};

}  // namespace sctab::hdf5
