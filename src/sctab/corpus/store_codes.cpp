#include "sctab/corpus/store_codes.hpp"

#include <algorithm>
#include <set>

namespace sctab::corpus {

StoreCodes::StoreCodes(const CellTable& cells, const ontology::Ontology& ontology) {
  for (std::size_t field = 0; field < store::kNumFields; ++field) {
    const std::vector<std::string>& texts = cells.names[field].texts();
    std::vector<std::uint8_t> used(texts.size() + 1, 0);
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      if (cells.kept[cell] != 0) used[static_cast<std::size_t>(cells.codes[field][cell] + 1)] = 1;
    }
    const auto text_of = [&](std::size_t i) { return i == 0 ? std::string(kUnknown) : texts[i - 1]; };
    std::set<std::string> sorted;
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (used[i] != 0) sorted.insert(text_of(i));
    }
    auto& values = tables_.values[field];
    values.assign(sorted.begin(), sorted.end());
    store_code_[field].assign(used.size(), -1);
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (used[i] == 0) continue;
      const auto position = std::lower_bound(values.begin(), values.end(), text_of(i));
      store_code_[field][i] = static_cast<std::int32_t>(position - values.begin());
    }
  }
  auto& ids = tables_.values[static_cast<std::size_t>(Field::kCellType)];
  for (const auto& id : ids) {
    terms_.push_back(*ontology.find(id));
    tables_.cell_types.push_back({ontology.term(terms_.back()).name, id});
  }
  ids.clear();
}

store::CellObs StoreCodes::obs(const CellTable& cells, std::size_t cell, CellIndex row) const {
  store::CellObs obs;
  for (std::size_t field = 0; field < store::kNumFields; ++field) {
    obs.codes[field] = store_code_[field][static_cast<std::size_t>(cells.codes[field][cell] + 1)];
  }
  obs.source_row = row;
  return obs;
}

}  // namespace sctab::corpus
