#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sctab/corpus/cell_table.hpp"
#include "sctab/corpus/donors.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::corpus {

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
