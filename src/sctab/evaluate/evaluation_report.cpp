#include "sctab/evaluate/evaluation_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"

namespace sctab::evaluate {
namespace {

using core::format_count;
using core::format_score;
using core::json_number;
using core::TextTable;
constexpr auto kRight = TextTable::Align::kRight;
constexpr std::size_t kConfusionsShown = 15;

nlohmann::json confusion_json(const ConfusionMatrix& confusion, std::span<const std::string> labels) {
  auto matrix = nlohmann::json::array(), no_call = nlohmann::json::array();
  for (std::size_t truth = 0; truth < confusion.n_types(); ++truth) {
    auto row = nlohmann::json::array();
    for (std::size_t predicted = 0; predicted < confusion.n_types(); ++predicted) {
      row.push_back(confusion.at(truth, predicted));
    }
    matrix.push_back(std::move(row));
    no_call.push_back(confusion.no_calls(truth));
  }
  return {{"labels", labels}, {"matrix", std::move(matrix)}, {"no_call", std::move(no_call)}};
}

std::string summary_table(const Evaluation& evaluation) {
  TextTable table({{""}, {"macro F1", kRight}, {"weighted F1", kRight}, {"micro F1", kRight}});
  const auto add = [&table](std::string name, const Scores& scores) {
    table.add_row({std::move(name), format_score(scores.macro_f1), format_score(scores.weighted_f1),
                   format_score(scores.micro_f1)});
  };
  add("ontology-corrected", evaluation.corrected);
  add("uncorrected", evaluation.uncorrected);
  return table.text();
}

std::string type_table(const Scores& scores, std::span<const std::string> labels, std::span<const std::string> ids) {
  std::vector<std::size_t> order(scores.per_type.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&scores](std::size_t a, std::size_t b) {
    return scores.per_type[a].n_true > scores.per_type[b].n_true;
  });
  TextTable table({{"cell type"},
                   {"id"},
                   {"F1", kRight},
                   {"precision", kRight},
                   {"recall", kRight},
                   {"cells", kRight},
                   {"predicted", kRight}});
  for (const std::size_t t : order) {
    const TypeScore& type = scores.per_type[t];
    if (type.n_true + type.n_predicted == 0) continue;
    table.add_row({labels[t], ids[t], format_score(type.f1), format_score(type.precision), format_score(type.recall),
                   format_count(type.n_true), format_count(type.n_predicted)});
  }
  return table.text();
}

std::string group_table(const Evaluation& evaluation, const std::string& group_name) {
  TextTable table(
      {{group_name}, {"macro F1", kRight}, {"weighted F1", kRight}, {"micro F1", kRight}, {"cells", kRight}});
  for (const auto& [group, scores] : evaluation.per_group) {
    table.add_row({group, format_score(scores.macro_f1), format_score(scores.weighted_f1),
                   format_score(scores.micro_f1), format_count(scores.n_cells)});
  }
  return table.text();
}

/// Empty where every cell is right.
std::string confusion_table(const ConfusionMatrix& confusion, const Scores& scores,
                            std::span<const std::string> labels) {
  struct Entry {
    std::int64_t count;
    std::size_t truth, predicted;
  };
  std::vector<Entry> entries;
  const std::size_t n = confusion.n_types();
  for (std::size_t truth = 0; truth < n; ++truth) {
    for (std::size_t predicted = 0; predicted < n; ++predicted) {
      const auto count = confusion.at(truth, predicted);
      if (predicted != truth && count > 0) entries.push_back({count, truth, predicted});
    }
    if (confusion.no_calls(truth) > 0) entries.push_back({confusion.no_calls(truth), truth, n});
  }
  if (entries.empty()) return {};
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.count > b.count; });
  if (entries.size() > kConfusionsShown) entries.resize(kConfusionsShown);
  TextTable table({{"cells", kRight}, {"of its cells", kRight}, {"author's label"}, {"predicted"}});
  for (const auto& [count, truth, predicted] : entries) {
    const double share = static_cast<double>(count) / static_cast<double>(scores.per_type[truth].n_true);
    table.add_row({format_count(count), fmt::format("{:.1f}%", 100 * share), labels[truth],
                   predicted == n ? "(no call)" : labels[predicted]});
  }
  return table.text();
}

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

nlohmann::json evaluation_json(const Evaluation& evaluation, std::span<const std::string> labels,
                               std::span<const std::string> ids) {
  const auto& [corrected, uncorrected, per_group, confusion, confusion_corrected] = evaluation;
  SCTAB_ASSERT(labels.size() == confusion.n_types() && ids.size() == confusion.n_types());
  nlohmann::json json = {{"macro_f1", json_number(corrected.macro_f1)},
                         {"weighted_f1", json_number(corrected.weighted_f1)},
                         {"micro_f1", json_number(corrected.micro_f1)},
                         {"macro_f1_uncorrected", json_number(uncorrected.macro_f1)},
                         {"weighted_f1_uncorrected", json_number(uncorrected.weighted_f1)},
                         {"micro_f1_uncorrected", json_number(uncorrected.micro_f1)},
                         {"n_cells", corrected.n_cells}};
  auto& per_type = json["per_type"] = nlohmann::json::array();
  for (std::size_t t = 0; t < labels.size(); ++t) {
    const TypeScore& type = corrected.per_type[t];
    per_type.push_back({{"label", labels[t]},
                        {"id", ids[t]},
                        {"f1", json_number(type.f1)},
                        {"precision", json_number(type.precision)},
                        {"recall", json_number(type.recall)},
                        {"n_true", type.n_true},
                        {"n_predicted", type.n_predicted}});
  }
  auto& per_tissue = json["per_tissue"] = nlohmann::json::object();
  for (const auto& [group, scores] : per_group) {
    per_tissue[group] = {{"macro_f1", json_number(scores.macro_f1)},
                         {"weighted_f1", json_number(scores.weighted_f1)},
                         {"micro_f1", json_number(scores.micro_f1)},
                         {"n_cells", scores.n_cells}};
  }
  json["confusion"] = confusion_json(confusion, labels);
  return json;
}

std::string evaluation_text(const Evaluation& evaluation, std::span<const std::string> labels,
                            std::span<const std::string> ids, const std::string& group_name) {
  SCTAB_ASSERT(labels.size() == evaluation.confusion.n_types() && ids.size() == labels.size());
  const auto& scores = evaluation.corrected;
  const auto n_seen = std::count_if(scores.per_type.begin(), scores.per_type.end(),
                                    [](const TypeScore& type) { return type.n_true > 0; });
  std::string text = fmt::format("{} of {}\n\n{}", core::plural(scores.n_cells, "cell"), core::plural(n_seen, "type"),
                                 summary_table(evaluation));
  if (scores.n_cells == 0) return text;
  text += "\nCell types, ontology-corrected, most cells first\n" + type_table(scores, labels, ids);
  if (!evaluation.per_group.empty())
    text += "\nBy " + group_name + ", ontology-corrected\n" + group_table(evaluation, group_name);
  const auto confusions = confusion_table(evaluation.confusion_corrected, scores, labels);
  if (!confusions.empty()) text += "\nMost frequent confusions that the ontology leaves wrong\n" + confusions;
  return text;
}

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
    nlohmann::json label, id;  // null for no call
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

nlohmann::json to_json(const ModelEvaluation& result) {
  nlohmann::json json = evaluation_json(result.evaluation, result.labels, result.ids);
  json["uncertainty"] = uncertainty_json(result.uncertainty);
  json["absent_types"] = absent_types_json(result.absent_types, result.labels, result.ids);
  if (!result.covariate.empty()) {
    json["covariate"] = {{"column", result.covariate}, {"cells_without_level", result.n_without_level}};
  }
  return json;
}

std::string to_text(const ModelEvaluation& result) {
  std::string text =
      evaluation_text(result.evaluation, result.labels, result.ids) + "\n" + uncertainty_text(result.uncertainty);
  if (!result.covariate.empty()) {
    text += fmt::format("\n{}: {} of {} cells have no value that the model knows\n", result.covariate,
                        format_count(result.n_without_level), format_count(result.n_cells));
  }
  return text;
}

}  // namespace sctab::evaluate
