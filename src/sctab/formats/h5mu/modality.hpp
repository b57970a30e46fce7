#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sctab/formats/anndata/dataframe_reader.hpp"
#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::h5mu {

/// Whether a tree is MuData: several AnnData, of the same cells or genes, in a group "mod".
bool is_mudata(const arrays::ArrayGroup& root);

/// The names of its modalities, sorted.
formats::Strings modalities(const arrays::ArrayGroup& root);

/// Where the modality of that name is: "mod/rna". `wanted` is empty for the one of RNA: "rna" in any case, or the only
/// one that there is. Throws InputError that lists the modalities where there is none, and where `wanted` is not empty
/// and the tree is not MuData.
std::string modality_path(const arrays::ArrayGroup& root, std::string_view wanted);

/// What MuData knows of the cells of one modality: the columns of its own obs, for all modalities, matched by the names
/// of cells. Columns named for the modality ("rna:leiden") are called as they are in it ("leiden"), and those of other
/// modalities are left out.
class SharedObs {
 public:
  /// cells: the names of the modality's. Has no columns where the file has no obs, or one that does not name each of
  /// the cells once.
  SharedObs(const std::shared_ptr<const arrays::ArrayGroup>& root, std::string_view modality,
            const formats::Strings& cells);

  [[nodiscard]] formats::Strings columns() const;
  [[nodiscard]] bool has(std::string_view column) const { return find(column) != nullptr; }
  /// One that it has.
  [[nodiscard]] formats::Column column(std::string_view name) const;

 private:
  using NamedColumn = std::pair<std::string, std::string>;  // as it is called, and in the file

  [[nodiscard]] const NamedColumn* find(std::string_view column) const;

  std::optional<anndata::DataframeReader> obs_;
  std::vector<NamedColumn> columns_;
  std::vector<std::int64_t> rows_;  // of obs_, one a cell
};

}  // namespace sctab::h5mu
