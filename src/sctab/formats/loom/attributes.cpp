#include "sctab/formats/loom/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"

namespace sctab::loom {
namespace {

using Kind = arrays::ArrayInfo::Kind;

bool same_in_any_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The version in the group attrs (version 3) or in the attribute of the file (2); empty in the oldest files.
std::string spec_version(const arrays::ArrayGroup& root) {
  constexpr const char* kPath = "attrs/LOOM_SPEC_VERSION";
  if (root.is_array(kPath) && root.info(kPath).kind == Kind::kText) {
    const formats::Strings texts = root.texts(kPath);
    if (!texts.empty()) return texts.front();
  }
  return root.text_attribute("", "LOOM_SPEC_VERSION");
}

/// Appends a character in UTF-8. False where there is no such character.
bool append_character(std::uint32_t code, std::string& out) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  const auto append = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    append(code);
    return true;
  }
  const int n_more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::uint32_t kFirst[] = {0, 0xC0, 0xE0, 0xF0};
  append(kFirst[n_more] | code >> (6 * n_more));
  for (int i = n_more - 1; i >= 0; --i) append(0x80 | ((code >> (6 * i)) & 0x3F));
  return true;
}

/// The length of the reference that text begins with, whose character goes to `out`; 0 where it begins with none.
std::size_t decode_reference(std::string_view text, std::string& out) {
  if (!text.starts_with("&#")) return 0;
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const char* begin = text.data() + (hex ? 3 : 2);
  const char* end = text.data() + text.size();
  std::uint32_t code = 0;
  const auto [stop, problem] = std::from_chars(begin, end, code, hex ? 16 : 10);
  if (problem != std::errc() || stop == end || *stop != ';' || !append_character(code, out)) return 0;
  return static_cast<std::size_t>(stop - text.data()) + 1;
}

}  // namespace

std::string without_entities(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = decode_reference(text.substr(i), out);
    if (length == 0) out.push_back(text[i]);
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

Attributes::Attributes(const arrays::ArrayGroup& root, std::string group, std::int64_t n)
    : root_(&root), group_(std::move(group)) {
  const std::string version = spec_version(root);
  has_entities_ = version.empty() || version[0] < '3';
  if (!root.is_group(group_)) return;
  for (std::string& name : root.members(group_)) {
    if (!root.is_array(path(name))) continue;
    const arrays::ArrayInfo info = root.info(path(name));
    if (info.shape.size() != 1 || !(info.is_numeric() || info.kind == Kind::kText)) continue;
    if (info.shape.front() != n) {
      throw root.error(path(name), {.found = core::plural(info.shape.front(), "value"),
                                    .expected = fmt::format("{}, as the matrix has", core::format_count(n)),
                                    .next_step = arrays::kWriteAgain});
    }
    names_.push_back(std::move(name));
  }
}

std::string Attributes::path(std::string_view name) const {
  return fmt::format("{}/{}", group_, name);
}

bool Attributes::has(std::string_view name) const {
  return std::ranges::find(names_, name) != names_.end();
}

std::string Attributes::find(std::span<const char* const> usual_names) const {
  for (const char* name : usual_names) {
    const auto found = std::ranges::find_if(names_, [&](const auto& each) { return same_in_any_case(each, name); });
    if (found != names_.end()) return *found;
  }
  return {};
}

formats::Strings Attributes::decoded_texts(const std::string& path) const {
  formats::Strings texts = root_->texts(path, "value");
  if (!has_entities_) return texts;
  for (std::string& text : texts) {
    if (text.find("&#") != std::string::npos) text = without_entities(text);
  }
  return texts;
}

formats::ColumnValues Attributes::values(std::string_view name) const {
  if (!has(name)) {
    throw root_->error(group_, {.found = fmt::format("has no '{}'", name), .expected = core::alternatives(names_)});
  }
  const std::string path = this->path(name);
  const arrays::ArrayInfo info = root_->info(path);
  if (info.kind == Kind::kText) return formats::as_categorical(decoded_texts(path));
  if (info.kind == Kind::kBoolean) {
    const auto flags = arrays::read_numbers<std::int32_t>(*root_, path);
    formats::Booleans booleans;
    for (const std::int32_t flag : flags) booleans.push_back(flag != 0 ? 1 : 0);
    return booleans;
  }
  switch (info.number) {
    case arrays::Number::kFloat32:
      return arrays::read_numbers<float>(*root_, path);
    case arrays::Number::kFloat64:
    case arrays::Number::kUint64:
      return arrays::read_numbers<double>(*root_, path);
    default:
      return arrays::read_numbers<std::int64_t>(*root_, path);
  }
}

std::optional<formats::Strings> Attributes::texts(std::string_view name) const {
  const std::string wanted(name);
  const char* const names[] = {wanted.c_str()};
  const std::string found = find(names);
  if (found.empty()) return std::nullopt;
  const std::string path = this->path(found);
  if (root_->info(path).kind == Kind::kText) return decoded_texts(path);
  const formats::Categorical values = formats::as_text(this->values(found));
  formats::Strings texts;
  for (std::size_t i = 0; i < values.codes.size(); ++i) texts.push_back(values.value(i));
  return texts;
}

}  // namespace sctab::loom
