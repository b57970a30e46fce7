#include "sctab/formats/hdf5/record_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/arrays/memory_group.hpp"
#include "sctab/formats/hdf5/element_bytes.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::hdf5 {
namespace {

using structure::ByteView;
using FieldKind = arrays::ArrayInfo::Kind;

/// One field on its way into memory.
struct FieldReader {
  Handle in_file;
  ElementType type;
  std::size_t offset = 0;  // in an element
  std::size_t stored_size = 0;
  std::unique_ptr<TextDecoder> decoder;  // of text
  arrays::MemoryField field;

  /// Appends the values of elements of `record_size` bytes each.
  void append(ByteView records, std::size_t record_size) {
    if (type.kind == ElementType::Kind::kText) {
      for (std::size_t at = 0; at < records.size(); at += record_size) {
        field.texts.emplace_back(decoder->decode(records.subspan(at + offset, stored_size)));
      }
    } else if (field.info.is_numeric()) {
      append_numbers(records, record_size);
    }
  }

 private:
  void append_numbers(ByteView records, std::size_t record_size) {
    const std::size_t n = records.size() / record_size;
    std::vector<std::byte> values(n * std::max(type.size, stored_size));
    for (std::size_t i = 0; i < n; ++i) {
      std::memcpy(values.data() + i * stored_size, records.data() + i * record_size + offset, stored_size);
    }
    if (!type.stored_as_is) {
      const hid_t from = in_file.id();
      checked(H5Tconvert(from, type.in_memory.id(), n, values.data(), nullptr, H5P_DEFAULT), from,
              "its numbers cannot be converted");
    }
    field.numbers.insert(field.numbers.end(), values.begin(),
                         values.begin() + static_cast<std::ptrdiff_t>(n * type.size));
  }
};

FieldKind kind_of(const ElementType& type) {
  switch (type.kind) {
    case ElementType::Kind::kNumber:
      return FieldKind::kNumber;
    case ElementType::Kind::kBoolean:
      return FieldKind::kBoolean;
    case ElementType::Kind::kText:
      return FieldKind::kText;
    case ElementType::Kind::kOther:
      break;
  }
  return FieldKind::kOther;
}

std::string name_of_member(hid_t type, unsigned member) {
  char* const text = H5Tget_member_name(type, member);
  if (text == nullptr) return {};
  std::string name(text);
  (void)H5free_memory(text);
  return name;
}

/// libhdf5 says where members of variable length lie in memory; `part` says where in the file.
FieldReader field_reader(hid_t dataset, hid_t record, unsigned member, ElementBytes& bytes) {
  const structure::Datatype::Part& part = bytes.type().parts[member];
  FieldReader reader;
  reader.in_file = owned(H5Tget_member_type(record, member), dataset, "the type of a field is damaged");
  reader.type = describe_type(reader.in_file.id());
  reader.offset = part.offset;
  reader.stored_size = part.type.size;
  reader.field.name = name_of_member(record, member);
  if (!core::is_utf8(reader.field.name)) {
    throw error_at(dataset, {.found = "the name of a field is not UTF-8 text", .next_step = kWriteAgain});
  }
  reader.field.info = {.kind = kind_of(reader.type),
                       .number = reader.type.number,
                       .shape = {static_cast<std::int64_t>(bytes.n_elements())}};
  if (reader.type.kind == ElementType::Kind::kText) {
    const bool is_variable = H5Tis_variable_str(reader.in_file.id()) > 0;
    const bool is_padded = H5Tget_strpad(reader.in_file.id()) == H5T_STR_SPACEPAD;
    reader.decoder = std::make_unique<TextDecoder>(bytes, is_variable, is_padded);
  }
  return reader;
}

std::vector<arrays::MemoryField> read_fields(hid_t dataset, hid_t record) {
  ElementBytes bytes(dataset);
  const std::size_t record_size = bytes.type().size;
  const auto n_members = static_cast<unsigned>(checked(H5Tget_nmembers(record), dataset, "its type is damaged"));
  SCTAB_ASSERT(n_members == bytes.type().parts.size());
  std::vector<FieldReader> readers;
  std::size_t row_bytes = 0;  // in memory, but for long texts
  for (unsigned i = 0; i < n_members; ++i) {
    readers.push_back(field_reader(dataset, record, i, bytes));
    row_bytes += readers.back().type.kind == ElementType::Kind::kText ? sizeof(std::string) : readers.back().type.size;
  }
  core::require_memory(static_cast<std::int64_t>(bytes.n_elements()),
                       static_cast<std::int64_t>(row_bytes + record_size), place_of(dataset));
  bytes.read([&](ByteView records) {
    for (FieldReader& reader : readers) reader.append(records, record_size);
  });
  std::vector<arrays::MemoryField> fields;
  fields.reserve(readers.size());
  for (FieldReader& reader : readers) fields.push_back(std::move(reader.field));
  return fields;
}

}  // namespace

std::unique_ptr<arrays::ArrayGroup> read_records(hid_t dataset) {
  const Handle record = owned(H5Dget_type(dataset), dataset, "its type is damaged");
  if (H5Tget_class(record.id()) != H5T_COMPOUND || dimensions(dataset).size() != 1) {
    throw error_at(dataset, {.found = "does not hold records", .next_step = kWriteAgain});
  }
  check_plausible_size(dataset);
  const core::Problem place = place_of(dataset);
  try {
    return std::make_unique<arrays::MemoryGroup>(place, read_fields(dataset, record.id()));
  } catch (const core::InputError& error) {
    throw error.within(place);
  }
}

}  // namespace sctab::hdf5
