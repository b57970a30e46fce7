#include "lab/experiments/results.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/nearest_word.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::experiments {
namespace {

using core::format_count;
using nlohmann::json;
using store::Split;

constexpr std::string_view kTissue = "tissue:", kType = "type:";
constexpr std::size_t kMostNearest = 3;  // names in a message

double number_at(const json& object, std::string_view key) {
  const auto found = object.find(key);
  const bool is_number = found != object.end() && found->is_number();
  return is_number ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

const json& part_of(const json& trial, const char* key) {
  static const json kNone = json::object();
  const auto found = trial.find(key);
  return found == trial.end() ? kNone : *found;
}

double of_type(const json& trial, std::string_view label) {
  for (const json& type : part_of(trial, "per_type")) {
    if (type.at("label") == label) return number_at(type, "f1");
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double of_members(const json& trial, std::string_view measure, std::string_view number) {
  const std::int64_t members = core::parse_number<std::int64_t>(number).value_or(0);
  for (const json& one : part_of(trial, "members")) {
    if (one.at("members") == members) return number_at(one, measure);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::string numbers_of(const json& split) {
  const auto count = [&split](const char* key, const char* noun) {
    return core::plural(split.at(key).get<std::int64_t>(), noun);
  };
  return fmt::format("{} from {}, {}", count("cells", "cell"), count("donors", "donor"), count("types", "type"));
}

json list_of(const std::vector<RunDescription::Lacking>& trials) {
  json list = json::array();
  for (const auto& [trial, reason] : trials) list.push_back({{"trial", trial}, {"reason", reason}});
  return list;
}

/// Which kinds of trial have a measure of run_trial().
struct Measure {
  std::string_view name;
  bool of_loader = false, of_baseline = true, of_network = true, of_ensemble = true, of_members = false;
  bool of_command = of_baseline;
};
constexpr std::array<Measure, 22> kMeasures = {
    {{.name = "macro_f1", .of_members = true},
     {.name = "weighted_f1"},
     {.name = "micro_f1"},
     {.name = "macro_f1_uncorrected"},
     {.name = "auc_right_wrong", .of_members = true},
     {.name = "auc_known_absent", .of_members = true},
     {.name = "expected_calibration_error", .of_members = true},
     {.name = "val_macro_f1", .of_command = false},
     {.name = "epochs", .of_baseline = false},
     {.name = "best_epoch", .of_baseline = false, .of_ensemble = false},
     {.name = "train_loss", .of_baseline = false, .of_ensemble = false},
     {.name = "val_loss", .of_baseline = false, .of_ensemble = false},
     {.name = "n_parameters", .of_baseline = false},
     {.name = "cells_per_second", .of_loader = true, .of_baseline = false, .of_ensemble = false},
     {.name = "seconds", .of_loader = true},
     {.name = "train_seconds", .of_command = false},
     {.name = "fraction", .of_loader = true},
     {.name = "n_train_cells", .of_loader = true},
     {.name = "n_train_donors", .of_loader = true},
     {.name = "n_train_types", .of_loader = true},
     {.name = "n_test_cells"},
     {.name = "n_threads", .of_loader = true}}};

bool has(const ModelSpec& model, const Measure& measure) {
  if (model.loader) return measure.of_loader;
  if (!model.command.empty()) return measure.of_command;
  if (model.is_ensemble() && !measure.of_ensemble) return false;
  return model.is_network() ? measure.of_network : measure.of_baseline;
}

/// Whether the text after @ in "macro_f1@3" is a number of members.
bool is_number_of_members(std::string_view text) {
  return core::parse_number<std::int64_t>(text).value_or(0) >= 1;
}

/// "try macro_f1, micro_f1": the most similar names; empty if there are none to choose from.
std::string nearest(const std::string& name, const std::set<std::string>& among) {
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& other : among) found.emplace_back(core::edit_distance(name, other), other);
  std::ranges::sort(found);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kMostNearest, found.size()); ++i) names.push_back(found[i].second);
  return names.empty() ? "" : fmt::format("try {}", fmt::join(names, ", "));
}

/// A measure that a figure or finding asks for. Empty models or parts: all of them.
struct Wanted {
  std::string where, measure;
  std::vector<std::string> models, parts;
};

void add_wanted(const FigureSpec& figure, std::vector<Wanted>& wanted) {
  const auto add = [&](std::string measure) {
    wanted.push_back({fmt::format("figure '{}'", figure.title), std::move(measure), figure.models, figure.parts});
  };
  switch (figure.kind) {
    case FigureKind::kBars:
      return add(figure.measure);
    case FigureKind::kMembers:
      return add(figure.measure + "@1");
    case FigureKind::kLines:
      add(figure.measure);
      return add(figure.over);
    default:
      return;  // no measure, or one from a fixed list
  }
}

void add_wanted(const std::string& text, const FindingSide& side, std::vector<Wanted>& wanted) {
  const std::string where = fmt::format("finding '{}'", text);
  wanted.push_back({where, side.measure, {side.model}, {side.part}});
  if (side.is_gain()) wanted.push_back({where, side.measure, {side.base_model()}, {side.base_part()}});
}

std::vector<Wanted> all_wanted(const Recipe& recipe) {
  std::vector<Wanted> wanted;
  for (const FigureSpec& figure : recipe.figures) add_wanted(figure, wanted);
  for (const FindingSpec& finding : recipe.findings) {
    add_wanted(finding.text, finding.left, wanted);
    if (finding.right) add_wanted(finding.text, *finding.right, wanted);
  }
  return wanted;
}

/// Names of the measures that these models can have, with a number of members if `measure` has one.
std::set<std::string> possible(const std::vector<const ModelSpec*>& models, const std::string& measure) {
  const std::size_t at = measure.find('@');
  std::set<std::string> names;
  for (const ModelSpec* model : models) {
    for (const Measure& one : kMeasures) {
      if (!has(*model, one) || (at != std::string::npos && !one.of_members)) continue;
      names.insert(std::string(one.name) + (at == std::string::npos ? "" : measure.substr(at)));
    }
  }
  return names;
}

/// Names of all measures of the same kind as `measure` that the trial has a value for.
void add_measured(const json& trial, const std::string& measure, std::set<std::string>& names) {
  std::vector<std::string> candidates;
  const auto add_keys = [&](const char* of, std::string_view before) {
    if (!trial.contains(of)) return;
    for (const auto& [key, value] : trial.at(of).items()) candidates.push_back(std::string(before) + key);
  };
  if (measure.starts_with(kTissue)) {
    add_keys("per_tissue", kTissue);
  } else if (measure.starts_with(kType)) {
    for (const auto& type : trial.value("per_type", json::array())) {
      candidates.push_back(std::string(kType) + type.at("label").get<std::string>());
    }
  } else if (measure.find('@') != std::string::npos) {
    for (const auto& one : trial.value("members", json::array())) {
      for (const auto& [key, value] : one.items()) {
        if (key != "members") candidates.push_back(fmt::format("{}@{}", key, one.at("members").get<std::int64_t>()));
      }
    }
  } else {
    add_keys("measures", "");
  }
  for (const std::string& name : candidates) {
    if (std::isfinite(measured(trial, name))) names.insert(name);
  }
}

}  // namespace

std::int64_t count_donors(const store::Store& store, Split split) {
  const auto donor_of_cell = store.codes(split, store::Field::kDonor);
  std::set<std::int32_t> donors(donor_of_cell.begin(), donor_of_cell.end());
  const auto& names = store.tables().column(store::Field::kDonor);
  std::erase_if(donors, [&names](std::int32_t donor) { return !store::is_known(names, donor); });
  return static_cast<std::int64_t>(donors.size());
}

json describe_store(const store::Store& store) {
  json described = {{"hash", store.hash()}, {"genes", store.genes().ids.size()}};
  for (const Split split : store::kSplits) {
    const auto type_of_cell = store.codes(split, store::Field::kCellType);
    const std::set<std::int32_t> types(type_of_cell.begin(), type_of_cell.end());
    described["splits"][std::string(store::name(split))] = {
        {"cells", store.n_cells(split)}, {"donors", count_donors(store, split)}, {"types", types.size()}};
  }
  return described;
}

charts::Table run_table(const RunDescription& run) {
  charts::Table table{{"this run", ""}, {}};
  const auto add = [&table](const std::string& what, const std::string& value) { table.rows.push_back({what, value}); };
  add("recipe", fmt::format("{}, {} form", run.recipe, run.is_small ? "small" : "full"));
  add("store", run.store.value("hash", std::string("unknown")));
  if (run.store.contains("genes")) add("genes", format_count(run.store.at("genes").get<std::int64_t>()));
  if (run.store.contains("splits")) {
    for (const Split split : store::kSplits) {
      const std::string name(store::name(split));
      add(name, numbers_of(run.store.at("splits").at(name)));
    }
  }
  add("sctab", SCTAB_VERSION);
  add("device", run.device);
  std::string trials = fmt::format("{} of {} finished", run.n_finished, run.n_trials);
  if (!run.failed.empty()) trials += fmt::format("; {} failed", run.failed.size());
  if (!run.not_finished.empty()) trials += fmt::format("; {} not finished", run.not_finished.size());
  add("trials", trials);
  return table;
}

charts::Table lacking_table(const RunDescription& run) {
  charts::Table table{{"trial", "state", "reason"}, {}};
  for (const auto& [trial, reason] : run.failed) table.rows.push_back({trial, "failed", reason});
  for (const auto& [trial, reason] : run.not_finished) table.rows.push_back({trial, "not finished", reason});
  return table;
}

json to_json(const RunDescription& run) {
  return {{"recipe", run.recipe},
          {"form", run.is_small ? "small" : "full"},
          {"store", run.store},
          {"sctab_version", SCTAB_VERSION},
          {"device", run.device},
          {"n_trials", run.n_trials},
          {"n_finished", run.n_finished},
          {"failed", list_of(run.failed)},
          {"not_finished", list_of(run.not_finished)}};
}

double measured(const json& trial, std::string_view measure) {
  if (measure.starts_with(kTissue)) return number_at(part_of(trial, "per_tissue"), measure.substr(kTissue.size()));
  if (measure.starts_with(kType)) return of_type(trial, measure.substr(kType.size()));
  const std::size_t at = measure.find('@');
  if (at != std::string_view::npos) return of_members(trial, measure.substr(0, at), measure.substr(at + 1));
  return number_at(part_of(trial, "measures"), measure);
}

std::vector<const json*> Results::of(std::string_view model, std::string_view part) const {
  std::vector<const json*> found;
  for (const std::uint64_t seed : recipe_.seeds) {
    for (const json& trial : trials_) {
      if (trial.at("model") == model && trial.at("part") == part && trial.at("seed") == seed) found.push_back(&trial);
    }
  }
  return found;
}

std::vector<double> Results::values(std::string_view model, std::string_view part, std::string_view measure) const {
  std::vector<double> values;
  for (const json* trial : of(model, part)) {
    const double value = measured(*trial, measure);
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

std::map<std::uint64_t, double> Results::gains(const FindingSide& side) const {
  const auto by_seed = [&](const std::string& model, const std::string& part) {
    std::map<std::uint64_t, double> values;
    for (const json* trial : of(model, part)) {
      values[trial->at("seed").get<std::uint64_t>()] = measured(*trial, side.measure);
    }
    return values;
  };
  std::map<std::uint64_t, double> gains = by_seed(side.model, side.part);
  if (side.is_gain()) {
    const std::map<std::uint64_t, double> base = by_seed(side.base_model(), side.base_part());
    std::erase_if(gains, [&base](const auto& gain) { return base.count(gain.first) == 0; });
    for (auto& [seed, gain] : gains) gain -= base.at(seed);
  }
  std::erase_if(gains, [](const auto& gain) { return !std::isfinite(gain.second); });
  return gains;
}

std::vector<std::string> Results::measures() const {
  std::vector<std::string> names = {"macro_f1", "weighted_f1", "micro_f1", "macro_f1_uncorrected"};
  std::set<std::string> found;
  for (const json& trial : trials_) {
    for (const auto& [name, value] : part_of(trial, "measures").items()) {
      if (value.is_number()) found.insert(name);
    }
  }
  std::erase_if(names, [&found](const std::string& name) { return found.count(name) == 0; });
  for (const std::string& name : found) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> lost_types(const Results& results) {
  constexpr std::size_t kMostNamed = 10;
  std::vector<std::string> lines;
  for (const PartSpec& part : results.recipe().parts) {
    std::map<std::vector<std::string>, std::set<std::uint64_t>> seeds_by_types;
    for (const json& trial : results.trials()) {
      if (trial.at("part") != part.name || !trial.contains("types_lost")) continue;
      const auto types = trial.at("types_lost").get<std::vector<std::string>>();
      if (!types.empty()) seeds_by_types[types].insert(trial.at("seed").get<std::uint64_t>());
    }
    for (const auto& [types, seeds] : seeds_by_types) {
      const auto n_named = std::min(types.size(), kMostNamed);
      lines.push_back(fmt::format("part '{}', seed{} {}: its training cells lack {} of the corpus: {}{}", part.name,
                                  seeds.size() == 1 ? "" : "s", fmt::join(seeds, ", "),
                                  core::plural(std::ssize(types), "type"),
                                  fmt::join(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(n_named), ", "),
                                  types.size() > n_named ? fmt::format(" and {} more", types.size() - n_named) : ""));
    }
  }
  return lines;
}

std::vector<std::string> Results::tissues() const {
  std::set<std::string> found;
  for (const json& trial : trials_) {
    for (const auto& [name, value] : part_of(trial, "per_tissue").items()) found.insert(name);
  }
  return {found.begin(), found.end()};
}

bool may_measure(const ModelSpec& model, std::string_view measure) {
  if (measure.starts_with(kTissue) || measure.starts_with(kType)) return !model.loader;
  const std::size_t at = measure.find('@');
  const bool is_of_members = at != std::string_view::npos;
  if (is_of_members && !is_number_of_members(measure.substr(at + 1))) return false;
  const auto* const known = std::ranges::find(kMeasures, measure.substr(0, at), &Measure::name);
  return known != kMeasures.end() && has(model, *known) && (!is_of_members || known->of_members);
}

void check_measures(const std::string& source, const Recipe& recipe) {
  for (const Wanted& wanted : all_wanted(recipe)) {
    std::vector<const ModelSpec*> models;
    for (const ModelSpec& model : recipe.models) {
      if (is_among(wanted.models, model.name)) models.push_back(&model);
    }
    const auto may = [&wanted](const ModelSpec* model) { return may_measure(*model, wanted.measure); };
    if (std::ranges::any_of(models, may)) continue;
    throw core::InputError(
        {.file = source,
         .subject = wanted.where,
         .found = fmt::format("the measure '{}', which no trial of its models can have", wanted.measure),
         .next_step = nearest(wanted.measure, possible(models, wanted.measure))});
  }
}

std::vector<std::string> missing_measures(const Results& results) {
  std::vector<std::string> missing;
  for (const Wanted& wanted : all_wanted(results.recipe())) {
    bool is_finished = false, is_measured = false;
    std::set<std::string> names;
    for (const json& trial : results.trials()) {
      add_measured(trial, wanted.measure, names);
      if (!is_among(wanted.models, trial.at("model").get<std::string>())) continue;
      if (!is_among(wanted.parts, trial.at("part").get<std::string>())) continue;
      is_finished = true;
      is_measured |= std::isfinite(measured(trial, wanted.measure));
    }
    if (!is_finished || is_measured) continue;  // a failed trial is reported with its reason instead
    const std::string hint = names.contains(wanted.measure) ? "other trials have one" : nearest(wanted.measure, names);
    std::string line = fmt::format("{}: none of its finished trials has a value for '{}'{}{}", wanted.where,
                                   wanted.measure, hint.empty() ? "" : "; ", hint);
    if (std::ranges::find(missing, line) == missing.end()) missing.push_back(std::move(line));
  }
  return missing;
}

}  // namespace sctab::experiments
