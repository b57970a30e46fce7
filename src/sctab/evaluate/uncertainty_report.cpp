#include "sctab/evaluate/uncertainty_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"
#include "sctab/evaluate/evaluation.hpp"

namespace sctab::evaluate {
namespace {

using core::format_count;
using core::format_score;
using core::json_number;
using core::TextTable;
constexpr auto kRight = TextTable::Align::kRight;

nlohmann::json reliability_json(const Calibration& calibration) {
  auto bins = nlohmann::json::array();
  for (const ReliabilityBin& bin : calibration.bins) {
    bins.push_back({{"lower", bin.lower},
                    {"upper", bin.upper},
                    {"n_cells", bin.n_cells},
                    {"mean_probability", json_number(bin.mean_probability)},
                    {"share_right", json_number(bin.share_right)}});
  }
  return bins;
}

std::string reliability_table(const Calibration& calibration) {
  TextTable table({{"probability"}, {"cells", kRight}, {"mean probability", kRight}, {"right", kRight}});
  for (const ReliabilityBin& bin : calibration.bins) {
    if (bin.n_cells == 0) continue;
    table.add_row({fmt::format("{:.3f} to {:.3f}", bin.lower, bin.upper), format_count(bin.n_cells),
                   format_score(bin.mean_probability), format_score(bin.share_right)});
  }
  return table.text();
}

}  // namespace

nlohmann::json uncertainty_json(std::span<const Uncertainty> by_members) {
  auto list = nlohmann::json::array();
  for (const Uncertainty& found : by_members) {
    list.push_back({{"members", list.size() + 1},
                    {"macro_f1", json_number(found.macro_f1)},
                    {"auc_right_wrong", json_number(found.auc_right_wrong)},
                    {"auc_known_absent", json_number(found.auc_known_absent)},
                    {"n_right", found.n_right},
                    {"n_wrong", found.n_wrong},
                    {"n_absent", found.n_absent},
                    {"expected_calibration_error", json_number(found.calibration.expected_calibration_error)},
                    {"reliability", reliability_json(found.calibration)}});
  }
  return list;
}

nlohmann::json absent_types_json(std::span<const AbsentType> absent, std::span<const std::string> labels,
                                 std::span<const std::string> ids) {
  auto list = nlohmann::json::array();
  for (const AbsentType& found : absent) {
    nlohmann::json label, id;  // null where it is no call
    if (found.most_called != kNoCall) {
      label = labels[static_cast<std::size_t>(found.most_called)];
      id = ids[static_cast<std::size_t>(found.most_called)];
    }
    list.push_back({{"label", labels[static_cast<std::size_t>(found.type)]},
                    {"cell_type_ontology_term_id", ids[static_cast<std::size_t>(found.type)]},
                    {"cells", found.n_cells},
                    {"auc_against_known", json_number(found.auc_known)},
                    {"most_called", label},
                    {"most_called_id", id},
                    {"cells_called_so", found.n_called}});
  }
  return list;
}

std::string uncertainty_text(std::span<const Uncertainty> by_members) {
  SCTAB_ASSERT(!by_members.empty());
  TextTable table({{"members", kRight},
                   {"macro F1", kRight},
                   {"AUC right/wrong", kRight},
                   {"AUC known/absent", kRight},
                   {"calibration error", kRight},
                   {"right", kRight},
                   {"wrong", kRight},
                   {"absent", kRight}});
  std::int64_t members = 0;
  for (const Uncertainty& found : by_members) {
    table.add_row({format_count(++members), format_score(found.macro_f1), format_score(found.auc_right_wrong),
                   format_score(found.auc_known_absent), format_score(found.calibration.expected_calibration_error),
                   format_count(found.n_right), format_count(found.n_wrong), format_count(found.n_absent)});
  }
  return fmt::format("Uncertainty, 1 - probability, of the mean over the first members\n{}\nReliability{}\n{}",
                     table.text(), members > 1 ? fmt::format(" of all {} members", members) : "",
                     reliability_table(by_members.back().calibration));
}

}  // namespace sctab::evaluate
