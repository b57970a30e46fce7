#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sctab/annotate/outputs.hpp"
#include "sctab/formats/dataframe.hpp"
#include "sctab/model/classifier.hpp"

namespace sctab::annotate {

/// The call for each cell of a file, in its order.
class Labels {
 public:
  explicit Labels(std::span<const model::CellTypeLabel> cell_types) : cell_types_(cell_types) {}

  /// Appends the most probable type of each cell; ties go to the first. A cell whose row of log_norm is empty becomes
  /// unknown with probability 0, and its row of prediction.embedding zero. Throws InputError if the model's answer is
  /// not a number.
  void append(sparse::CsrView log_norm, model::Prediction& prediction);

  [[nodiscard]] std::int64_t n_cells() const { return static_cast<std::int64_t>(types_.size()); }
  [[nodiscard]] std::int64_t n_unknown() const;
  /// Number of cells of each label, kUnknown included if it has any.
  [[nodiscard]] std::map<std::string, std::int64_t> cells_per_type() const;
  /// Median of 1 - probability for each label; 1 for kUnknown.
  [[nodiscard]] std::map<std::string, double> median_uncertainty_per_type() const;

  /// The obs columns sctab_cell_type, sctab_cell_type_ontology_term_id (categories that occur, in alphabetical order),
  /// sctab_probability and sctab_uncertainty: 1 - probability; for an ensemble, of its members' mean.
  [[nodiscard]] std::vector<formats::Column> obs_columns() const;

  /// The table cell,cell_type,cell_type_ontology_term_id,probability,uncertainty as csv or tsv, quoted as in RFC 4180,
  /// or as Parquet (text and float32). path: "-" is standard output. Throws InputError naming the file if it cannot be
  /// written.
  void write_table(const std::filesystem::path& path, OutputFormat format,
                   std::span<const std::string> cell_names) const;

 private:
  void write_text(const std::filesystem::path& path, char separator, std::span<const std::string> cell_names) const;
  void write_parquet(const std::filesystem::path& path, std::span<const std::string> cell_names) const;
  [[nodiscard]] std::string label(core::TypeIndex type) const;
  [[nodiscard]] std::string id(core::TypeIndex type) const;

  [[nodiscard]] static float uncertainty(float probability) { return 1 - probability; }

  std::span<const model::CellTypeLabel> cell_types_;
  std::vector<core::TypeIndex> types_;  // -1: unknown
  std::vector<float> probabilities_;
};

}  // namespace sctab::annotate
