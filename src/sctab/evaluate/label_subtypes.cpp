#include "sctab/evaluate/label_subtypes.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/evaluate/label_join.hpp"

namespace sctab::evaluate {

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
  const LabelUnion joined = join_labels(ids, {}, ontology);
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
