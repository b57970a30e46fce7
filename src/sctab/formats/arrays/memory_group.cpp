#include "sctab/formats/arrays/memory_group.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/formats/arrays/memory_array.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/arrays/utf8_texts.hpp"

namespace sctab::arrays {
namespace {

constexpr std::string_view kFields = "fields";

}  // namespace

const MemoryField* MemoryGroup::find(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &MemoryField::name);
  return found == fields_.end() ? nullptr : &*found;
}

const MemoryField& MemoryGroup::field(std::string_view name) const {
  if (const MemoryField* const found = find(name)) return *found;
  throw error("", {.found = fmt::format("has no field '{}'", name), .next_step = kWriteAgain});
}

formats::Strings MemoryGroup::members(std::string_view path) const {
  formats::Strings names = texts_attribute(path, std::string(kFields));
  std::ranges::sort(names);
  return names;
}

std::unique_ptr<ArrayGroup> MemoryGroup::group(std::string_view path) const {
  throw error(path, {.found = "is not a group", .next_step = kWriteAgain});
}

std::unique_ptr<NumberArray> MemoryGroup::numbers(std::string_view path) const {
  const MemoryField& held = field(path);
  if (held.info.is_numeric()) return std::make_unique<MemoryArray>(held.info.number, held.numbers);
  throw error(path, {.found = "does not hold a single column of numbers", .next_step = kWriteAgain});
}

std::unique_ptr<NumberMatrix> MemoryGroup::matrix(std::string_view path) const {
  throw error(path, {.found = "does not hold rows and columns of numbers", .next_step = kWriteAgain});
}

formats::Strings MemoryGroup::texts(std::string_view path, std::string_view counted) const {
  const MemoryField& held = field(path);
  if (held.info.kind != ArrayInfo::Kind::kText) {
    throw error(path, {.found = "does not hold a single column of text", .next_step = kWriteAgain});
  }
  require_utf8(held.texts, counted, place(path));
  return held.texts;
}

std::unique_ptr<ArrayGroup> MemoryGroup::records(std::string_view path) const {
  throw error(path, {.found = "does not hold records", .next_step = kWriteAgain});
}

bool MemoryGroup::has_attribute(std::string_view path, const std::string& name) const {
  return path.empty() && name == kFields;
}

std::string MemoryGroup::text_attribute(std::string_view, const std::string&) const {
  return {};
}

formats::Strings MemoryGroup::texts_attribute(std::string_view path, const std::string& name) const {
  formats::Strings names;
  if (!has_attribute(path, name)) return names;
  for (const MemoryField& each : fields_) names.push_back(each.name);
  return names;
}

std::optional<bool> MemoryGroup::boolean_attribute(std::string_view, const std::string&) const {
  return std::nullopt;
}

std::vector<std::int64_t> MemoryGroup::integers_attribute(std::string_view, const std::string&) const {
  return {};
}

core::Problem MemoryGroup::place(std::string_view path) const {
  core::Problem place = place_;
  if (!path.empty()) place.key = place.key.empty() ? std::string(path) : fmt::format("{}/{}", place.key, path);
  return place;
}

}  // namespace sctab::arrays
