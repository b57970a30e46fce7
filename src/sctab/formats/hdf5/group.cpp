#include "sctab/formats/hdf5/group.hpp"

#include <fmt/format.h>

#include <utility>

#include "sctab/formats/hdf5/array_reader.hpp"
#include "sctab/formats/hdf5/matrix_reader.hpp"
#include "sctab/formats/hdf5/record_reader.hpp"
#include "sctab/formats/hdf5/text_reader.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::hdf5 {
namespace {

using ArrayKind = arrays::ArrayInfo::Kind;

ArrayKind array_kind(const ElementType& type) {
  switch (type.kind) {
    case ElementType::Kind::kNumber:
      return ArrayKind::kNumber;
    case ElementType::Kind::kBoolean:
      return ArrayKind::kBoolean;
    case ElementType::Kind::kText:
      return ArrayKind::kText;
    case ElementType::Kind::kOther:
      break;
  }
  return H5Tget_class(type.in_file.id()) == H5T_COMPOUND ? ArrayKind::kRecords : ArrayKind::kOther;
}

/// HDF5's name for the group itself.
std::string_view or_this(std::string_view path) {
  return path.empty() ? "." : path;
}

}  // namespace

bool Group::is_group(std::string_view path) const {
  const Lock lock;
  return path.empty() || hdf5::is_group(group_.id(), path);
}

bool Group::is_array(std::string_view path) const {
  const Lock lock;
  return !path.empty() && is_dataset(group_.id(), path);
}

formats::Strings Group::members(std::string_view path) const {
  const Lock lock;
  const Handle listed = open_group(group_.id(), or_this(path));
  formats::Strings names;
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<formats::Strings*>(out)->emplace_back(name);
    return 0;
  };
  checked(H5Literate(listed.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names), listed.id(), "cannot be listed");
  return names;
}

std::unique_ptr<arrays::ArrayGroup> Group::group(std::string_view path) const {
  const Lock lock;
  return std::make_unique<Group>(open_group(group_.id(), or_this(path)));
}

arrays::ArrayInfo Group::info(std::string_view path) const {
  const Lock lock;
  const Handle dataset = open_dataset(group_.id(), path);
  check_plausible_size(dataset.id());
  const ElementType type = element_type(dataset.id());
  return {.kind = array_kind(type), .number = type.number, .shape = dimensions(dataset.id())};
}

std::unique_ptr<arrays::NumberArray> Group::numbers(std::string_view path) const {
  const Lock lock;
  return std::make_unique<ArrayReader>(open_dataset(group_.id(), path));
}

std::unique_ptr<arrays::NumberMatrix> Group::matrix(std::string_view path) const {
  const Lock lock;
  return std::make_unique<MatrixReader>(open_dataset(group_.id(), path));
}

formats::Strings Group::texts(std::string_view path, std::string_view counted) const {
  const Lock lock;
  return read_texts(open_dataset(group_.id(), path).id(), counted);
}

std::unique_ptr<arrays::ArrayGroup> Group::records(std::string_view path) const {
  const Lock lock;
  return read_records(open_dataset(group_.id(), path).id());
}

Handle Group::open_object(std::string_view path) const {
  if (!path.empty() && !hdf5::exists(group_.id(), path)) return {};
  return Handle(H5Oopen(group_.id(), std::string(or_this(path)).c_str(), H5P_DEFAULT));
}

bool Group::has_attribute(std::string_view path, const std::string& name) const {
  const Lock lock;
  const Handle object = open_object(path);
  return object && hdf5::has_attribute(object.id(), name.c_str());
}

std::string Group::text_attribute(std::string_view path, const std::string& name) const {
  const Lock lock;
  const Handle object = open_object(path);
  return object ? hdf5::text_attribute(object.id(), name.c_str()) : std::string();
}

formats::Strings Group::texts_attribute(std::string_view path, const std::string& name) const {
  const Lock lock;
  const Handle object = open_object(path);
  return object ? hdf5::texts_attribute(object.id(), name.c_str()) : formats::Strings();
}

std::optional<bool> Group::boolean_attribute(std::string_view path, const std::string& name) const {
  const Lock lock;
  const Handle object = open_object(path);
  return object ? hdf5::boolean_attribute(object.id(), name.c_str()) : std::nullopt;
}

std::vector<std::int64_t> Group::integers_attribute(std::string_view path, const std::string& name) const {
  const Lock lock;
  const Handle object = open_object(path);
  return object ? hdf5::integers_attribute(object.id(), name.c_str()) : std::vector<std::int64_t>();
}

core::Problem Group::place(std::string_view path) const {
  const Lock lock;
  core::Problem place = place_of(group_.id());
  if (!path.empty()) place.key = place.key.empty() ? std::string(path) : fmt::format("{}/{}", place.key, path);
  return place;
}

}  // namespace sctab::hdf5
