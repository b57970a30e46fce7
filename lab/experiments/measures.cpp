#include "lab/experiments/measures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/nearest_word.hpp"

namespace sctab::experiments {
namespace {

constexpr std::string_view kTissue = "tissue:", kType = "type:";
constexpr std::size_t kMostNearest = 3;  // names in a message

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
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1;
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

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
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
void add_measured(const nlohmann::json& trial, const std::string& measure, std::set<std::string>& names) {
  std::vector<std::string> candidates;
  const auto add_keys = [&](const char* of, std::string_view before) {
    if (!trial.contains(of)) return;
    for (const auto& [key, value] : trial.at(of).items()) candidates.push_back(std::string(before) + key);
  };
  if (measure.starts_with(kTissue)) {
    add_keys("per_tissue", kTissue);
  } else if (measure.starts_with(kType)) {
    for (const auto& type : trial.value("per_type", nlohmann::json::array())) {
      candidates.push_back(std::string(kType) + type.at("label").get<std::string>());
    }
  } else if (measure.find('@') != std::string::npos) {
    for (const auto& one : trial.value("members", nlohmann::json::array())) {
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
    for (const nlohmann::json& trial : results.trials()) {
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
