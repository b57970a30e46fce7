#include "sctab/model/architecture.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"

namespace sctab::model {
namespace {

using core::JsonFields;
using nlohmann::json;

[[noreturn]] void out_of_range(std::string_view field, std::string found, std::string expected) {
  throw core::InputError({.subject = std::string(field), .found = std::move(found), .expected = std::move(expected)});
}

template <typename Number>
void require(std::string_view field, Number value, const Range& range) {
  if (range.contains(static_cast<double>(value))) return;
  out_of_range(field, fmt::format("{}", value), expected(range, std::is_integral_v<Number>));
}

void require_equal(std::string_view field, std::int64_t value, std::int64_t wanted) {
  if (value != wanted) out_of_range(field, fmt::format("{}", value), fmt::format("{}", wanted));
}

template <typename Options, std::size_t n>
void require_ranges(const NumberField<Options> (&fields)[n], const Options& options) {
  for (const auto& field : fields) {
    std::visit([&](auto member) { require(field.key, options.*member, field.range); }, field.member);
  }
}

template <typename Options, std::size_t n>
json numbers_json(const NumberField<Options> (&fields)[n], const Options& options) {
  json object;
  for (const auto& field : fields) {
    std::visit([&](auto member) { object[std::string(field.key)] = options.*member; }, field.member);
  }
  return object;
}

template <typename Options, std::size_t n>
void read_numbers(const NumberField<Options> (&fields)[n], const JsonFields& object, Options& options) {
  for (const auto& field : fields) {
    std::visit([&]<typename T>(T Options::*member) { options.*member = object.get<T>(field.key); }, field.member);
  }
}

Architecture read_architecture(const JsonFields& fields) {
  Architecture architecture;
  architecture.kind = parse_model_kind(fields.get<std::string>("kind"));
  architecture.n_genes = fields.get<std::int64_t>("n_genes");
  architecture.n_types = fields.get<std::int64_t>("n_types");
  architecture.n_levels = fields.find<std::int64_t>("n_levels").value_or(0);
  if (architecture.kind == ModelKind::kTabnet) {
    const JsonFields tabnet = fields.object("tabnet");
    read_numbers(kTabnetNumbers, tabnet, architecture.tabnet);
    architecture.tabnet.mask_type = parse_mask_type(tabnet.get<std::string>("mask_type"));
  }
  if (architecture.kind == ModelKind::kMlp) read_numbers(kMlpNumbers, fields.object("mlp"), architecture.mlp);
  if (uses_components(architecture.kind)) architecture.n_components = fields.get<std::int64_t>("n_components");
  if (architecture.kind == ModelKind::kMixed) {
    for (const JsonFields& member : fields.objects("members")) {
      architecture.members.push_back(read_architecture(member));
    }
  }
  return architecture;
}

}  // namespace

std::string expected(const Range& range, bool is_whole) {
  std::string text = is_whole ? "a whole number" : "a number";
  if (std::isfinite(range.least) && std::isfinite(range.most)) {
    text += range.with_least ? fmt::format(" from {} to ", range.least) : fmt::format(" above {} and ", range.least);
    if (!range.with_most) text += "below ";
    if (!range.with_least && range.with_most) text += "up to ";
    return text + fmt::format("{}", range.most);
  }
  if (std::isfinite(range.least)) {
    text += range.with_least ? fmt::format(" of {} or more", range.least) : fmt::format(" above {}", range.least);
  }
  return text;
}

MaskType parse_mask_type(std::string_view text) {
  if (text == "entmax") return MaskType::kEntmax;
  if (text == "sparsemax") return MaskType::kSparsemax;
  out_of_range("mask type", fmt::format("\"{}\"", text), "entmax or sparsemax");
}

void TabnetOptions::validate() const {
  require_ranges(kTabnetNumbers, *this);
  require("n_independent + n_shared", n_independent + n_shared, from_to(1, 200));
}

void MlpOptions::validate() const {
  require_ranges(kMlpNumbers, *this);
}

void validate_members(const Architecture& mixed) {
  require("members", std::ssize(mixed.members), from_to(1, 1000));
  for (const Architecture& member : mixed.members) {
    if (!is_network(member.kind)) {
      out_of_range("members", fmt::format("a {} model", name(member.kind)), "networks");
    }
    member.validate();
    require_equal("members: n_genes", member.n_genes, mixed.n_genes);
    require_equal("members: n_types", member.n_types, mixed.n_types);
    require_equal("members: n_levels", member.n_levels, mixed.n_levels);
  }
}

void Architecture::validate() const {
  const bool may_have_levels = is_network(kind) || kind == ModelKind::kMixed;
  require("n_genes", n_genes, from_to(1, kMaxSize));
  require("n_types", n_types, from_to(1, kMaxSize));
  require("n_levels", n_levels, from_to(0, may_have_levels ? kMaxSize : 0));
  if (kind == ModelKind::kTabnet) tabnet.validate();
  if (kind == ModelKind::kMlp) mlp.validate();
  if (uses_components(kind)) require("n_components", n_components, from_to(1, static_cast<double>(n_genes)));
  if (kind == ModelKind::kMixed) validate_members(*this);
}

const Architecture& member_architecture(const Architecture& architecture, std::size_t index) {
  return architecture.kind == ModelKind::kMixed ? architecture.members.at(index) : architecture;
}

std::int64_t embedding_width(const Architecture& architecture) {
  if (architecture.kind == ModelKind::kMixed) return embedding_width(architecture.members.at(0));
  if (architecture.kind == ModelKind::kTabnet) return architecture.tabnet.n_d;
  if (architecture.kind == ModelKind::kMlp) return architecture.mlp.hidden_size;
  return uses_components(architecture.kind) ? architecture.n_components : architecture.n_types;
}

json to_json(const Architecture& architecture) {
  json result = {
      {"kind", name(architecture.kind)}, {"n_genes", architecture.n_genes}, {"n_types", architecture.n_types}};
  if (architecture.n_levels > 0) result["n_levels"] = architecture.n_levels;
  if (architecture.kind == ModelKind::kTabnet) {
    result["tabnet"] = numbers_json(kTabnetNumbers, architecture.tabnet);
    result["tabnet"]["mask_type"] = name(architecture.tabnet.mask_type);
  }
  if (architecture.kind == ModelKind::kMlp) result["mlp"] = numbers_json(kMlpNumbers, architecture.mlp);
  if (uses_components(architecture.kind)) result["n_components"] = architecture.n_components;
  for (const Architecture& member : architecture.members) result["members"].push_back(to_json(member));
  return result;
}

Architecture architecture_from_json(const json& json_value, std::string_view source) try {
  const JsonFields fields(json_value, {.file = std::string(source),
                                       .key = "architecture",
                                       .next_step = "the file is damaged: copy the model directory again"});
  const Architecture architecture = read_architecture(fields);
  architecture.validate();
  return architecture;
} catch (const core::InputError& error) {
  throw error.within({.file = std::string(source), .key = "architecture"});
}

}  // namespace sctab::model
