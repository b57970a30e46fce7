#include <array>

#include "lab/experiments/recipe_sections.hpp"
#include "sctab/core/error.hpp"

namespace sctab::experiments {
namespace {

struct NamedKind {
  const char* name;
  FigureKind kind;
};
constexpr std::array<NamedKind, 7> kKinds = {{{"bars", FigureKind::kBars},
                                              {"tissues", FigureKind::kTissues},
                                              {"curves", FigureKind::kCurves},
                                              {"types", FigureKind::kTypes},
                                              {"lines", FigureKind::kLines},
                                              {"members", FigureKind::kMembers},
                                              {"reliability", FigureKind::kReliability}}};

FindingSide read_side(SettingsReader reader, const std::string& measure) {
  FindingSide side;
  side.measure = measure;
  reader.require("model", side.model);
  reader.take("part", side.part);
  reader.take("over_model", side.over_model);
  reader.take("over_part", side.over_part);
  reader.take("measure", side.measure);
  reader.require_no_others();
  return side;
}

}  // namespace

FigureSpec read_figure(SettingsReader reader) {
  FigureSpec figure;
  std::string kind;
  std::vector<std::string> names;
  for (const NamedKind& named : kKinds) names.emplace_back(named.name);
  reader.require("title", figure.title);
  reader.require_choice("kind", kind, names);
  for (const NamedKind& named : kKinds) {
    if (kind == named.name) figure.kind = named.kind;
  }
  reader.take("caption", figure.caption);
  reader.take("models", figure.models);
  reader.take("parts", figure.parts);
  if (figure.kind == FigureKind::kCurves) {
    figure.measure = "val_macro_f1";
    reader.take_choice("measure", figure.measure, {"val_macro_f1", "val_loss", "train_loss"});
  } else if (figure.kind == FigureKind::kBars || figure.kind == FigureKind::kLines ||
             figure.kind == FigureKind::kMembers) {
    reader.take("measure", figure.measure);
  }
  if (figure.kind == FigureKind::kLines) reader.take("over", figure.over);
  reader.require_no_others();
  return figure;
}

FindingSpec read_finding(SettingsReader reader) {
  FindingSpec finding;
  std::string measure = "macro_f1";
  reader.require("text", finding.text);
  reader.require("paper", finding.paper);
  reader.take("measure", measure);
  const auto left = reader.take_table("left"), right = reader.take_table("right");
  if (!left) reader.refuse("left", {.found = "missing", .next_step = "give the side that should be greater"});
  finding.left = read_side(*left, measure);
  if (right) finding.right = read_side(*right, measure);
  const bool is_number = reader.take("than", finding.than);
  if (is_number == right.has_value()) {
    reader.refuse("right", {.found = is_number ? "given together with than" : "missing, and than too",
                            .expected = "either right or than, to compare left with"});
  }
  reader.require_no_others();
  return finding;
}

}  // namespace sctab::experiments
