#include "sctab/corpus/donors.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/formats/h5ad/obs_values.hpp"

namespace sctab::corpus {
bool is_no_donor(std::string_view text) {
  return h5ad::is_missing(text) || h5ad::trimmed_lower_case(text) == "pooled";
}

std::int32_t DonorGroups::add(std::string_view dataset, std::string_view key, std::string_view person) {
  if (key.empty() && person.empty()) return -1;
  if (key.empty()) return node(dataset, person, false);
  const std::int32_t key_node = node(dataset, key, true);
  if (!person.empty()) {
    const std::int32_t a = root(key_node), b = root(node(dataset, person, false));
    parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }
  return key_node;
}

std::int32_t DonorGroups::node(std::string_view dataset, std::string_view value, bool is_key) {
  // The length keeps "a" + "b:c" and "a:b" + "c" apart.
  const std::int32_t code = names_.code(fmt::format("{}:{}:{}:{}", is_key ? 'k' : 'p', dataset.size(), dataset, value));
  if (static_cast<std::size_t>(code) == nodes_.size()) {
    nodes_.push_back({std::string(dataset), std::string(value), is_key});
    parent_.push_back(code);
  }
  return code;
}

std::int32_t DonorGroups::root(std::int32_t node) const {
  auto at = static_cast<std::size_t>(node);
  while (parent_[at] != static_cast<std::int32_t>(at)) at = static_cast<std::size_t>(parent_[at]);
  return static_cast<std::int32_t>(at);
}

std::vector<std::int32_t> DonorGroups::donor_of_nodes(Dictionary& donors) const {
  std::vector<std::int64_t> n_keys(nodes_.size(), 0);
  std::vector<std::size_t> first(nodes_.size(), nodes_.size());  // the first key of a component, else the first person
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto at = static_cast<std::size_t>(root(static_cast<std::int32_t>(i)));
    if (nodes_[i].is_key) ++n_keys[at];
    if (first[at] == nodes_.size() || (nodes_[i].is_key && !nodes_[first[at]].is_key)) first[at] = i;
  }
  std::vector<std::int32_t> donor_of_node;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto at = static_cast<std::size_t>(root(static_cast<std::int32_t>(i)));
    std::string name = fmt::format("{}:{}", nodes_[first[at]].dataset, nodes_[first[at]].value);
    if (n_keys[at] > 1) name += fmt::format(" and {} more", n_keys[at] - 1);
    donor_of_node.push_back(donors.code(name));
  }
  return donor_of_node;
}

}  // namespace sctab::corpus
