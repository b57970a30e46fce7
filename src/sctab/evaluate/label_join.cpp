#include "sctab/evaluate/label_join.hpp"

#include <unordered_map>

namespace sctab::evaluate {

LabelUnion join_labels(std::span<const std::string> store_ids, std::span<const std::string> model_ids,
                       const ontology::Ontology& ontology) {
  LabelUnion joined;
  std::vector<ontology::TermIndex> terms;
  std::unordered_map<std::string, TypeIndex> position_of_id;
  const auto position = [&](const std::string& written) -> TypeIndex {
    if (written.empty() || written == "unknown") return -1;
    const auto term = ontology.resolve(written);
    const std::string& id = term ? ontology.term(*term).id : written;
    const auto next = core::narrow<TypeIndex>(joined.ids.size());
    const auto [entry, is_new] = position_of_id.emplace(id, next);
    if (is_new) {
      joined.ids.push_back(id);
      joined.labels.push_back(term ? ontology.term(*term).name : id);
      terms.push_back(term.value_or(-1));
    }
    return entry->second;
  };
  for (const auto& id : model_ids) joined.position_of_model_type.push_back(position(id));
  for (const auto& id : store_ids) joined.position_of_store_type.push_back(position(id));
  joined.subtypes = ontology::SubtypeMatrix(ontology, terms);
  return joined;
}

std::vector<std::uint8_t> known_labels(const LabelUnion& joined, std::span<const core::TypeIndex> trained) {
  std::vector<std::uint8_t> known(joined.labels.size(), 0);
  for (const core::TypeIndex below : trained) {
    if (below < 0) continue;
    for (std::size_t label = 0; label < known.size(); ++label) {
      if (joined.subtypes.is_subtype(label, static_cast<std::size_t>(below))) known[label] = 1;
    }
  }
  return known;
}

}  // namespace sctab::evaluate
