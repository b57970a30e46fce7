#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/ontology/obo.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::ontology {

Ontology Ontology::load(const std::filesystem::path& path) {
  constexpr const char* kExpected = "the Cell Ontology as obo or json";
  const std::string text = core::read_text_file(path, kExpected);
  const auto first = text.find_first_not_of(" \t\r\n");
  const char kind = first == std::string::npos ? '\0' : text[first];
  if (kind == '{') return from_json(core::read_json(path), path.string());
  if (kind == '<') {
    throw core::InputError({.file = path.string(),
                            .found = "is XML",
                            .expected = kExpected,
                            .next_step = "get cl-basic.obo or cl.json, which are published next to cl.owl"});
  }
  auto list = parse_obo(text, path.string());
  return Ontology(list.take(), list.version);
}

}  // namespace sctab::ontology
