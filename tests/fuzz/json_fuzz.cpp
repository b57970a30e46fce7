#include <nlohmann/json.hpp>
#include <string>

#include "fuzz/harnesses.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::fuzz {
namespace {

template <typename T>
void get(const core::JsonFields& fields, const std::string& key) {
  try {
    (void)fields.get<T>(key);
  } catch (const core::InputError&) {
  }
}

/// Reads each field as each type.
void read_fields(const core::JsonFields& fields) {
  for (const std::string& key : fields.keys()) {
    get<bool>(fields, key);
    get<std::int64_t>(fields, key);
    get<std::uint64_t>(fields, key);
    get<std::int32_t>(fields, key);
    get<double>(fields, key);
    get<std::string>(fields, key);
    get<std::vector<std::string>>(fields, key);
    get<std::vector<std::int64_t>>(fields, key);
    if (fields.value(key).is_object()) read_fields(fields.object(key));
  }
}

}  // namespace

/// Any JSON field by field, and as the Cell Ontology in both of its forms.
void fuzz_json(Bytes bytes) {
  const std::string text(bytes.begin(), bytes.end());
  const nlohmann::json json = core::parse_json(text, {.file = "input.json"});
  if (json.is_object()) read_fields(core::JsonFields(json, {.file = "input.json"}));
  const auto ontology = ontology::Ontology::from_json(json, "input.json");
  (void)ontology.to_json();
}

}  // namespace sctab::fuzz
