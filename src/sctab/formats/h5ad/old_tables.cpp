#include "sctab/formats/h5ad/old_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/h5ad/dataframe_reader.hpp"
#include "sctab/formats/h5ad/dataframe_writer.hpp"
#include "sctab/formats/hdf5/chunk_writer.hpp"
#include "sctab/formats/hdf5/element_bytes.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::h5ad {
namespace {

constexpr const char* kLabelsOnly = "write the labels alone, with -o FILE.csv";

struct Table {
  std::string name;  // "obs"
  formats::Strings index;
  std::vector<formats::Column> columns;
};

Table read_table(hid_t root, const std::string& name) {
  const DataframeReader reader(root, name);
  Table table{name, reader.index(), {}};
  for (const std::string& column : reader.columns()) {
    core::check_interrupt();
    table.columns.push_back(reader.column(column));
  }
  return table;
}

std::string categories_path(const std::string& column) {
  return fmt::format("uns/{}_categories", column);
}

void write_table(hid_t root, const Table& table) {
  hdf5::remove(root, table.name);
  write_dataframe(root, table.name, table.index, table.columns);
}

/// A field of the records of obsm: a number or several for each cell.
struct MatrixField {
  std::string name;
  hdf5::Handle in_file;  // of one number
  hdf5::ElementType type;
  std::size_t offset = 0, stored_size = 0;  // in a record
  std::size_t width = 1;                    // numbers a record
};

[[noreturn]] void refuse_field(hid_t dataset, const std::string& name) {
  throw hdf5::error_at(
      dataset, {.found = fmt::format("the field {} does not hold numbers in rows", name), .next_step = kLabelsOnly});
}

MatrixField matrix_field(hid_t dataset, hid_t record, unsigned member) {
  MatrixField field;
  if (char* const name = H5Tget_member_name(record, member)) {
    field.name = name;
    (void)H5free_memory(name);
  }
  field.in_file = hdf5::owned(H5Tget_member_type(record, member), dataset, "the type of a field is damaged");
  field.offset = H5Tget_member_offset(record, member);
  field.stored_size = H5Tget_size(field.in_file.id());
  if (H5Tget_class(field.in_file.id()) == H5T_ARRAY) {
    hsize_t width = 0;
    if (H5Tget_array_ndims(field.in_file.id()) != 1) refuse_field(dataset, field.name);
    (void)H5Tget_array_dims2(field.in_file.id(), &width);
    field.width = static_cast<std::size_t>(width);
    field.in_file = hdf5::owned(H5Tget_super(field.in_file.id()), dataset, "the type of a field is damaged");
  }
  field.type = hdf5::describe_type(field.in_file.id());
  const bool is_number = field.type.kind == hdf5::ElementType::Kind::kNumber;
  if (!is_number || field.width == 0 || field.name.empty() || field.name.find('/') != std::string::npos) {
    refuse_field(dataset, field.name);
  }
  return field;
}

/// One field on its way into a matrix of its own.
class MatrixWriter {
 public:
  MatrixWriter(hid_t group, const MatrixField& field)
      : field_(field),
        writer_(group, field.name, field.type.in_memory.id(),
                {.width = static_cast<std::int64_t>(field.width),
                 .chunk_rows = std::max<std::int64_t>(1, kChunkNumbers / static_cast<std::int64_t>(field.width)),
                 .gzip_level = 0}) {}

  /// Appends the field of records of `record_size` bytes each.
  void append(std::span<const std::byte> records, std::size_t record_size) {
    const std::size_t n_numbers = records.size() / record_size * field_.width;
    numbers_.resize(n_numbers * std::max(field_.type.size, hdf5::stored_size(field_.type)));
    for (std::size_t at = 0, to = 0; at < records.size(); at += record_size, to += field_.stored_size) {
      std::memcpy(numbers_.data() + to, records.data() + at + field_.offset, field_.stored_size);
    }
    if (!field_.type.stored_as_is) {
      hdf5::checked(
          H5Tconvert(field_.in_file.id(), field_.type.in_memory.id(), n_numbers, numbers_.data(), nullptr, H5P_DEFAULT),
          field_.in_file.id(), "its numbers cannot be converted");
    }
    writer_.append(std::span(numbers_).first(n_numbers * field_.type.size));
  }
  void finish() { hdf5::mark(writer_.finish().id(), "array", "0.2.0"); }

 private:
  static constexpr std::int64_t kChunkNumbers = 1 << 16;

  const MatrixField& field_;
  hdf5::ChunkWriter writer_;
  std::vector<std::byte> numbers_;
};

/// obsm or varm.
void rewrite_matrices(hid_t root, const std::string& name) {
  if (!hdf5::is_dataset(root, name)) return;
  const std::string unfinished = name + ".sctab";
  {
    const hdf5::Handle dataset = hdf5::open_dataset(root, name);
    const hdf5::Handle record = hdf5::owned(H5Dget_type(dataset.id()), dataset.id(), "its type is damaged");
    if (H5Tget_class(record.id()) != H5T_COMPOUND || hdf5::dimensions(dataset.id()).size() != 1) {
      throw hdf5::error_at(dataset.id(), {.found = "does not hold records", .next_step = kLabelsOnly});
    }
    hdf5::check_plausible_size(dataset.id());
    const int n_fields = hdf5::checked(H5Tget_nmembers(record.id()), dataset.id(), "its type is damaged");
    std::vector<MatrixField> fields;
    for (int i = 0; i < n_fields; ++i) {
      fields.push_back(matrix_field(dataset.id(), record.id(), static_cast<unsigned>(i)));
    }
    hdf5::ElementBytes elements(dataset.id());
    const std::size_t record_size = elements.type().size;
    core::require_memory(n_fields, 2 * static_cast<std::int64_t>(record_size), hdf5::place_of(dataset.id()));
    const hdf5::Handle group = hdf5::create_mapping(root, unfinished, hdf5::Encoding::kCurrent);
    std::deque<MatrixWriter> writers;  // which stay where they are
    for (const MatrixField& field : fields) writers.emplace_back(group.id(), field);
    elements.read([&](std::span<const std::byte> records) {
      core::check_interrupt();
      for (MatrixWriter& writer : writers) writer.append(records, record_size);
    });
    for (MatrixWriter& writer : writers) writer.finish();
  }
  hdf5::remove(root, name);
  hdf5::checked(H5Lmove(root, unfinished.c_str(), root, name.c_str(), H5P_DEFAULT, H5P_DEFAULT), root,
                "it cannot be replaced", hdf5::kFreeSpace);
}

}  // namespace

bool has_old_tables(hid_t root) {
  return hdf5::is_dataset(root, "obs");
}

void modernise_tables(hid_t root) {
  std::vector<Table> tables;  // all are read before anything is written, from where it might be written to
  for (const char* name : {"obs", "var"}) {
    if (hdf5::is_dataset(root, name)) tables.push_back(read_table(root, name));
  }
  std::set<std::string> categories;
  for (const Table& table : tables) {
    for (const formats::Column& column : table.columns) {
      if (std::holds_alternative<formats::Categorical>(column.values)) categories.insert(categories_path(column.name));
    }
  }
  for (const char* name : {"obsm", "varm"}) rewrite_matrices(root, name);
  for (const Table& table : tables) write_table(root, table);
  for (const std::string& path : categories) {
    if (hdf5::exists(root, path)) hdf5::remove(root, path);
  }
}

}  // namespace sctab::h5ad
