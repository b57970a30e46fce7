#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/corpus/dictionary.hpp"

namespace sctab::corpus {

/// True for what is missing (h5ad::is_missing), and for "pooled", as the CELLxGENE schema has it for cells of
/// several donors: not one person.
bool is_no_donor(std::string_view text);

/// Who is one donor. A donor is a dataset and the values of the donor key; but a key finer than the person (a sample, a
/// library) would let one person stand in two splits. So where a source also names the person (donor_id), all keys of
/// one person in a dataset become one donor, and so do all persons of one key: the donors are the connected components
/// of keys and persons. Splitting them keeps every key and every person in one split.
class DonorGroups {
 public:
  /// Adds the (dataset, key, person) of some cells; empty: not known. Returns their node, a position in
  /// donor_of_nodes(), which is asked once all are added; -1 where neither key nor person is known. Without a key the
  /// person stands for it.
  std::int32_t add(std::string_view dataset, std::string_view key, std::string_view person);

  /// Donor code of each node; the names are "dataset:key", or "dataset:key and 2 more" where keys were joined.
  [[nodiscard]] std::vector<std::int32_t> donor_of_nodes(Dictionary& donors) const;

 private:
  std::int32_t node(std::string_view dataset, std::string_view value, bool is_key);
  [[nodiscard]] std::int32_t root(std::int32_t node) const;

  struct Node {
    std::string dataset, value;
    bool is_key = false;
  };
  Dictionary names_;  // unique text of each node
  std::vector<Node> nodes_;
  std::vector<std::int32_t> parent_;  // union-find; roots are the lowest node of their component
};

}  // namespace sctab::corpus
