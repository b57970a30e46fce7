#include "sctab/model/architecture.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "sctab/core/error.hpp"

namespace sctab::model {
namespace {

using nlohmann::json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Far above any sensible size, and small enough that products of three fit 63 bits.
constexpr std::int64_t kMaxSize = 1'000'000;

[[noreturn]] void out_of_range(std::string_view field, const std::string& found, const std::string& expected) {
  throw core::InputError({.subject = std::string(field), .found = found, .expected = expected});
}

void require_size(std::string_view field, std::int64_t value, std::int64_t least, std::int64_t most = kMaxSize) {
  if (value >= least && value <= most) return;
  out_of_range(field, fmt::format("{}", value),
               least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most));
}

/// least < value < most, or = least too.
void require_number(std::string_view field, double value, bool with_least, double least, double most) {
  if ((value > least || (with_least && value == least)) && value < most) return;
  out_of_range(field, fmt::format("{}", value),
               fmt::format("{} {} and below {}", with_least ? "at least" : "above", least, most));
}

/// Reads one object's fields, and says where and what when one is wrong.
class FieldReader {
 public:
  FieldReader(const json& object, std::string path, std::string_view source)
      : object_(object), path_(std::move(path)), source_(source) {
    if (!object.is_object()) fail("", "an object");
  }

  template <typename T>
  void read(const char* key, T& value) const {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(key, "a value");
    if constexpr (std::is_same_v<T, double>) {
      if (!found->is_number()) fail(key, "a number");
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      if (!found->is_number_integer()) fail(key, "an integer");
    } else {
      if (!found->is_string()) fail(key, "text");
    }
    value = found->template get<T>();
  }

  /// The objects of an array.
  [[nodiscard]] const json& array(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end() || !found->is_array()) fail(key, "an array");
    return *found;
  }
  [[nodiscard]] FieldReader object(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(key, "an object");
    return {*found, path_ + "." + key, source_};
  }

 private:
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const {
    throw core::InputError({.file = std::string(source_),
                            .key = key.empty() ? path_ : fmt::format("{}.{}", path_, key),
                            .found = "missing, or of another type",
                            .expected = std::string(expected),
                            .next_step = "the file is damaged or not a model's: copy the model directory again"});
  }

  const json& object_;
  std::string path_;
  std::string_view source_;
};

TabnetOptions read_tabnet(const FieldReader& reader) {
  TabnetOptions options;
  std::string mask_type;
  reader.read("n_d", options.n_d);
  reader.read("n_a", options.n_a);
  reader.read("n_steps", options.n_steps);
  reader.read("gamma", options.gamma);
  reader.read("n_independent", options.n_independent);
  reader.read("n_shared", options.n_shared);
  reader.read("epsilon", options.epsilon);
  reader.read("virtual_batch_size", options.virtual_batch_size);
  reader.read("momentum", options.momentum);
  reader.read("mask_type", mask_type);
  options.mask_type = parse_mask_type(mask_type);
  return options;
}

}  // namespace

std::string_view name(MaskType type) {
  return type == MaskType::kEntmax ? "entmax" : "sparsemax";
}

MaskType parse_mask_type(std::string_view text) {
  if (text == "entmax") return MaskType::kEntmax;
  if (text == "sparsemax") return MaskType::kSparsemax;
  out_of_range("mask type", fmt::format("\"{}\"", text), "entmax or sparsemax");
}

void TabnetOptions::validate() const {
  require_size("n_d", n_d, 1);
  require_size("n_a", n_a, 1);
  require_size("n_steps", n_steps, 1, 100);
  require_size("n_independent", n_independent, 0, 100);
  require_size("n_shared", n_shared, 0, 100);
  require_size("n_independent + n_shared", n_independent + n_shared, 1, 200);
  require_size("virtual_batch_size", virtual_batch_size, 1);
  require_number("gamma", gamma, true, 1, kInfinity);
  require_number("epsilon", epsilon, false, 0, 1);
  require_number("momentum", momentum, false, 0, 1);
}

void MlpOptions::validate() const {
  require_size("n_hidden", n_hidden, 1, 1000);
  require_size("hidden_size", hidden_size, 1);
  require_number("dropout", dropout, true, 0, 1);
}

void validate_members(const Architecture& mixed) {
  require_size("members", static_cast<std::int64_t>(mixed.members.size()), 1, 1000);
  for (const Architecture& member : mixed.members) {
    if (!is_network(member.kind)) {
      out_of_range("members", fmt::format("a {} model", name(member.kind)), "networks");
    }
    member.validate();
    require_size("members: n_genes", member.n_genes, mixed.n_genes, mixed.n_genes);
    require_size("members: n_types", member.n_types, mixed.n_types, mixed.n_types);
    require_size("members: n_levels", member.n_levels, mixed.n_levels, mixed.n_levels);
  }
}

void Architecture::validate() const {
  require_size("n_genes", n_genes, 1);
  require_size("n_types", n_types, 1);
  require_size("n_levels", n_levels, 0, is_network(kind) || kind == ModelKind::kMixed ? kMaxSize : 0);
  if (kind == ModelKind::kTabnet) tabnet.validate();
  if (kind == ModelKind::kMlp) mlp.validate();
  if (uses_components(kind)) require_size("n_components", n_components, 1, n_genes);
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
    const TabnetOptions& options = architecture.tabnet;
    result["tabnet"] = {{"n_d", options.n_d},
                        {"n_a", options.n_a},
                        {"n_steps", options.n_steps},
                        {"gamma", options.gamma},
                        {"n_independent", options.n_independent},
                        {"n_shared", options.n_shared},
                        {"epsilon", options.epsilon},
                        {"virtual_batch_size", options.virtual_batch_size},
                        {"momentum", options.momentum},
                        {"mask_type", name(options.mask_type)}};
  }
  if (architecture.kind == ModelKind::kMlp) {
    const MlpOptions& options = architecture.mlp;
    result["mlp"] = {
        {"n_hidden", options.n_hidden}, {"hidden_size", options.hidden_size}, {"dropout", options.dropout}};
  }
  if (uses_components(architecture.kind)) result["n_components"] = architecture.n_components;
  for (const Architecture& member : architecture.members) result["members"].push_back(to_json(member));
  return result;
}

Architecture architecture_from_json(const json& json_value, std::string_view source) {
  const FieldReader reader(json_value, "architecture", source);
  Architecture architecture;
  std::string kind;
  reader.read("kind", kind);
  reader.read("n_genes", architecture.n_genes);
  reader.read("n_types", architecture.n_types);
  if (json_value.contains("n_levels")) reader.read("n_levels", architecture.n_levels);
  try {
    architecture.kind = parse_model_kind(kind);
    if (architecture.kind == ModelKind::kTabnet) architecture.tabnet = read_tabnet(reader.object("tabnet"));
    if (architecture.kind == ModelKind::kMlp) {
      const FieldReader mlp = reader.object("mlp");
      mlp.read("n_hidden", architecture.mlp.n_hidden);
      mlp.read("hidden_size", architecture.mlp.hidden_size);
      mlp.read("dropout", architecture.mlp.dropout);
    }
    if (uses_components(architecture.kind)) reader.read("n_components", architecture.n_components);
    if (architecture.kind == ModelKind::kMixed) {
      for (const json& member : reader.array("members")) {
        architecture.members.push_back(architecture_from_json(member, source));
      }
    }
    architecture.validate();
  } catch (const core::InputError& error) {
    throw error.within({.file = std::string(source), .key = "architecture"});
  }
  return architecture;
}

}  // namespace sctab::model
