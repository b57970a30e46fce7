#include "sctab/evaluate/label_union.hpp"

#include <nlohmann/json.hpp>
#include <unordered_map>

namespace sctab::evaluate {

LabelUnion unite_labels(std::span<const std::string> store_ids, std::span<const std::string> model_ids,
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

std::vector<std::string> cell_type_ids(const store::Store& store) {
  std::vector<std::string> ids;
  for (const auto& type : store.tables().cell_types) ids.push_back(type.id);
  return ids;
}

std::vector<std::string> cell_type_ids(const model::ModelDescription& model) {
  std::vector<std::string> ids;
  for (const auto& type : model.cell_types) ids.push_back(type.id);
  return ids;
}

ontology::SubtypeMatrix store_subtypes(const store::Store& store) {
  const auto ontology = ontology::Ontology::from_json(store.ontology(), (store.directory() / "ontology.json").string());
  const std::vector<std::string> ids = cell_type_ids(store);
  const LabelUnion joined = unite_labels(ids, {}, ontology);
  const std::size_t n = ids.size();
  std::vector<std::uint8_t> rows(n * n, 0);
  for (std::size_t parent = 0; parent < n; ++parent) {
    for (std::size_t child = 0; child < n; ++child) {
      const auto above = joined.position_of_store_type[parent], below = joined.position_of_store_type[child];
      const bool known = above >= 0 && below >= 0;
      const bool is_subtype = known && joined.subtypes.is_subtype(static_cast<std::size_t>(above),  //
                                                                  static_cast<std::size_t>(below));
      rows[parent * n + child] = parent == child || is_subtype ? 1 : 0;
    }
  }
  return {n, std::move(rows)};
}

}  // namespace sctab::evaluate
