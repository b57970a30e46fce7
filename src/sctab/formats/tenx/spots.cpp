#include "sctab/formats/tenx/spots.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <system_error>

namespace sctab::tenx {
namespace {

/// Space Ranger 4 writes matrices of cells, too: filtered_feature_cell_matrix.h5.
constexpr std::string_view kCells = "feature_cell_matrix";

/// An attribute of the file that is a text, or a list of texts, whose first is taken.
std::string attribute_of_file(const arrays::ArrayGroup& root, const char* name) {
  std::string text = root.text_attribute("", name);
  if (!text.empty()) return text;
  const formats::Strings texts = root.texts_attribute("", name);
  return texts.empty() ? std::string() : texts.front();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

bool are_spots(const std::filesystem::path& matrix) {
  constexpr std::array kFiles = {"tissue_positions.csv", "tissue_positions_list.csv", "tissue_positions.parquet",
                                 "scalefactors_json.json"};
  if (has(matrix.filename().string(), kCells)) return false;
  const std::filesystem::path spatial = matrix.parent_path() / "spatial";
  std::error_code ignored;
  return std::ranges::any_of(kFiles,
                             [&](const char* name) { return std::filesystem::exists(spatial / name, ignored); });
}

bool are_spots(const arrays::ArrayGroup& root, const std::filesystem::path& file) {
  if (has(file.filename().string(), kCells)) return false;
  if (attribute_of_file(root, "software_version").starts_with("spaceranger")) return true;
  const std::string chemistry = attribute_of_file(root, "chemistry_description");
  if (has(chemistry, "Spatial") || has(chemistry, "Visium")) return true;
  constexpr const char* kProbeSets = "matrix/features/target_sets";
  if (root.is_group(kProbeSets)) {
    const formats::Strings sets = root.members(kProbeSets);
    if (std::ranges::any_of(sets, [](const std::string& set) { return has(set, "Visium"); })) return true;
  }
  return are_spots(file);
}

}  // namespace sctab::tenx
