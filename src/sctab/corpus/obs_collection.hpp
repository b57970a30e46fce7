#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/corpus/cell_table.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::corpus {

/// True for what is missing (formats::is_missing), and for "pooled", as the CELLxGENE schema has it for cells of
/// several donors: not one person.
bool is_no_donor(std::string_view text);

/// Who is one donor. A donor is a dataset and the values of the donor key; but a key finer than the person (a sample, a
/// library) would put one person into two splits. So where a source also names the person (donor_id), all keys of
/// one person in a dataset become one donor, and so do all persons of one key: the donors are the connected components
/// of keys and persons. Splitting them keeps every key and every person in one split.
class DonorGroups {
 public:
  /// Adds the (dataset, key, person) of some cells; empty: not known. Returns their node, a position in
  /// donor_of_nodes(), which is asked once all are added; -1 where neither key nor person is known. Without a key the
  /// person takes its place.
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

/// Which obs columns tell what.
struct ObsKeys {
  std::string donor = "donor_id";  // column(s), comma-separated
  std::string dataset;             // empty: dataset_id or study where there, else the file's name
  std::string cell_type = "cell_type_ontology_term_id";
  bool primary_only = true;     // is_primary_data is asked for
  bool assume_primary = false;  // a file without it holds primary data
};

/// An obsolete label and the term that took its place.
struct ReplacedLabel {
  std::string from, to;  // CL ids
  CellIndex cells = 0;
};

/// Reads the obs of source after source into one CellTable: names become codes, labels current terms of the ontology.
class ObsCollector {
 public:
  ObsCollector(const ontology::Ontology& ontology, ObsKeys keys);

  /// Appends the cells of a file. Throws InputError naming file, cell, column and value, and has appended nothing then.
  void add(const formats::CellSource& file);
  /// Ends the collection: joins keys of one person to donors. The collector is empty afterwards.
  CellTable finish();
  [[nodiscard]] std::vector<ReplacedLabel> replaced_labels() const;

 private:
  void append(const formats::CellSource& file);
  /// Room for so many more cells; not the double, as vectors take it: the corpus may be half of the memory.
  void reserve(std::size_t n_cells);
  void truncate(std::size_t n_cells);
  void add_labels(const formats::CellSource& file);
  void add_donors(const formats::CellSource& file, const formats::Categorical& datasets);
  /// Warns where the column given as dataset parts the cells of a donor name: perhaps one person.
  void warn_of_split_persons(const formats::CellSource& file);
  /// Warns where a file that names no dataset has a donor of the same name as another such file: perhaps one person.
  void warn_of_namesakes(const formats::CellSource& file);
  void add_primary(const formats::CellSource& file);
  /// The current term of a label; -1: none. `cell`: the first one with it, for the message.
  std::int32_t label_code(const formats::CellSource& file, const std::string& label, std::size_t cell,
                          CellIndex n_cells);

  const ontology::Ontology& ontology_;
  ObsKeys keys_;
  std::vector<std::string> donor_columns_;
  CellTable cells_;
  DonorGroups donors_;
  std::map<std::string, ReplacedLabel> replaced_;
  std::map<std::string, std::string> donors_of_unnamed_datasets_;  // donor, and the file where it was first seen
};

}  // namespace sctab::corpus
