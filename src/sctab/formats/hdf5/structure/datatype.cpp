#include "sctab/formats/hdf5/structure/datatype.hpp"

#include <utility>

namespace sctab::hdf5::structure {
namespace {

using Class = Datatype::Class;

constexpr int kMostNested = 16;
constexpr std::uint8_t kLastVersion = 3;  // of libhdf5 1.10

struct TypeHead {
  std::uint8_t version = 0;
  std::uint32_t flags = 0;  // 24 bits
  std::uint32_t size = 0;

  [[nodiscard]] std::uint64_t bits() const { return std::uint64_t{8} * size; }
};

Datatype read_type(Cursor& cursor, int depth);

/// Bits [first, first + n) must be there, and one of them at least.
void require_bits(const Cursor& cursor, const TypeHead& head, std::uint64_t first, std::uint64_t n) {
  cursor.require(n > 0 && first + n <= head.bits(), "its bits lie outside of it");
}

void require_apart(const Cursor& cursor, std::uint64_t a, std::uint64_t n_a, std::uint64_t b, std::uint64_t n_b) {
  cursor.require(a + n_a <= b || b + n_b <= a, "its bits overlap");
}

void check_precision(Cursor& cursor, const TypeHead& head) {
  const auto offset = cursor.get<std::uint16_t>();
  require_bits(cursor, head, offset, cursor.get<std::uint16_t>());
}

void check_float(Cursor& cursor, const TypeHead& head) {
  const std::uint32_t normalisation = head.flags >> 4U & 0x3U, sign = head.flags >> 8U & 0xffU;
  cursor.require(normalisation <= 2, "its normalisation is unknown");
  check_precision(cursor, head);
  const std::uint64_t exponent = cursor.get<std::uint8_t>(), n_exponent = cursor.get<std::uint8_t>();
  const std::uint64_t mantissa = cursor.get<std::uint8_t>(), n_mantissa = cursor.get<std::uint8_t>();
  cursor.skip(4);  // the exponent's bias
  require_bits(cursor, head, sign, 1);
  require_bits(cursor, head, exponent, n_exponent);
  require_bits(cursor, head, mantissa, n_mantissa);
  require_apart(cursor, sign, 1, exponent, n_exponent);
  require_apart(cursor, sign, 1, mantissa, n_mantissa);
  require_apart(cursor, exponent, n_exponent, mantissa, n_mantissa);
}

/// A name, padded to 8 bytes by older versions.
void skip_name(Cursor& cursor, const TypeHead& head) {
  const std::size_t n_bytes = cursor.text().size() + 1;
  if (head.version < 3 && n_bytes % 8 != 0) cursor.skip(8 - n_bytes % 8);
}

/// The sizes of a member that is an array, as version 1 has them; 1 where it is none.
std::uint64_t old_array_size(Cursor& cursor) {
  const auto n_dimensions = cursor.get<std::uint8_t>();
  cursor.require(n_dimensions <= 4, "a member has too many dimensions");
  cursor.skip(3 + 4 + 4);
  std::uint64_t count = 1;
  for (int i = 0; i < 4; ++i) {
    const auto size = cursor.get<std::uint32_t>();
    if (i < n_dimensions) count = saturating_product(count, size);
  }
  return count;
}

void read_compound(Cursor& cursor, const TypeHead& head, int depth, Datatype& out) {
  const std::uint32_t n_members = head.flags & 0xffffU;
  cursor.require(n_members > 0, "it has no members");
  for (std::uint32_t i = 0; i < n_members; ++i) {
    skip_name(cursor, head);
    Datatype::Part member;
    member.offset = static_cast<std::uint32_t>(cursor.number(head.version < 3 ? 4 : bytes_for(head.size)));
    const std::uint64_t count = head.version == 1 ? old_array_size(cursor) : 1;
    member.type = read_type(cursor, depth);
    cursor.require(count > 0 && count <= head.size, "a member is of an impossible size");
    member.count = static_cast<std::uint32_t>(count);
    cursor.require(member.offset <= head.size && count * member.type.size <= head.size - member.offset,
                   "a member lies outside of it");
    out.parts.push_back(std::move(member));
  }
}

void read_enumeration(Cursor& cursor, const TypeHead& head, int depth, Datatype& out) {
  Datatype base = read_type(cursor, depth);
  cursor.require(base.type == Class::kInteger && base.size == head.size, "its values are no integers");
  const std::uint32_t n_members = head.flags & 0xffffU;
  for (std::uint32_t i = 0; i < n_members; ++i) skip_name(cursor, head);
  cursor.skip(std::uint64_t{n_members} * head.size);
  out.parts.push_back({.type = std::move(base)});
}

void read_variable(Cursor& cursor, const TypeHead& head, int depth, Datatype& out) {
  const std::uint32_t kind = head.flags & 0xfU;
  cursor.require(kind <= 1, "its kind is unknown");
  cursor.require(head.size == 4 + cursor.file().format().address_bytes + 4, "it is of an impossible size");
  out.is_text = kind == 1;
  out.has_heap_references = true;
  out.parts.push_back({.type = read_type(cursor, depth)});
}

void read_array(Cursor& cursor, const TypeHead& head, int depth, Datatype& out) {
  constexpr int kMostDimensions = 32;
  const auto n_dimensions = cursor.get<std::uint8_t>();
  cursor.require(head.version >= 2 && n_dimensions >= 1 && n_dimensions <= kMostDimensions,
                 "it has an impossible number of dimensions");
  if (head.version < 3) cursor.skip(3);
  std::uint64_t count = 1;
  for (int i = 0; i < n_dimensions; ++i) count = saturating_product(count, cursor.get<std::uint32_t>());
  if (head.version < 3) cursor.skip(std::uint64_t{4} * n_dimensions);
  Datatype base = read_type(cursor, depth);
  cursor.require(count > 0 && saturating_product(count, base.size) == head.size, "it is of an impossible size");
  out.parts.push_back({.count = static_cast<std::uint32_t>(count), .type = std::move(base)});
}

void read_properties(Cursor& cursor, const TypeHead& head, int depth, Datatype& out) {
  switch (out.type) {
    case Class::kInteger:
    case Class::kBits:
      return check_precision(cursor, head);
    case Class::kFloat:
      return check_float(cursor, head);
    case Class::kTime:
      return cursor.skip(2);
    case Class::kText:
      return cursor.require((head.flags & 0xfU) <= 2 && (head.flags >> 4U & 0xfU) <= 1, "its kind is unknown");
    case Class::kOpaque:
      cursor.require(head.flags % 8 == 0, "its tag is of an impossible size");
      return cursor.skip(head.flags & 0xffU);
    case Class::kCompound:
      return read_compound(cursor, head, depth, out);
    case Class::kReference:
      return cursor.require((head.flags & 0xfU) <= 1, "its kind is unknown");
    case Class::kEnumeration:
      return read_enumeration(cursor, head, depth, out);
    case Class::kVariable:
      return read_variable(cursor, head, depth, out);
    case Class::kArray:
      return read_array(cursor, head, depth, out);
    case Class::kUnknown:
      return;
  }
}

Datatype read_type(Cursor& cursor, int depth) {
  cursor.require(depth < kMostNested, "it is nested too deeply");
  const auto first = cursor.get<std::uint32_t>();
  const TypeHead head{.version = static_cast<std::uint8_t>(first >> 4U & 0xfU),
                      .flags = first >> 8U,
                      .size = cursor.get<std::uint32_t>()};
  Datatype type;
  type.size = head.size;
  if (head.version > kLastVersion) {
    cursor.require(depth == 0, "a part of it is of an unknown version");
    cursor.skip(cursor.left());
    return type;
  }
  const std::uint32_t number = first & 0xfU;
  cursor.require(head.version > 0 && number < static_cast<std::uint32_t>(Class::kUnknown), "its kind is unknown");
  cursor.require(head.size > 0, "it is of no size");
  type.type = static_cast<Class>(number);
  read_properties(cursor, head, depth + 1, type);
  for (const Datatype::Part& part : type.parts) {
    type.has_heap_references = type.has_heap_references || part.type.has_heap_references;
  }
  return type;
}

}  // namespace

Datatype read_datatype(Cursor& cursor) {
  return read_type(cursor, 0);
}

}  // namespace sctab::hdf5::structure
