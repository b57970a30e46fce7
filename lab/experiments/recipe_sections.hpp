#pragma once

#include "lab/experiments/recipe.hpp"
#include "lab/experiments/settings_reader.hpp"

namespace sctab::experiments {

/// The sections of a recipe, each from its table; all keys are checked.
CorpusSpec read_corpus(SettingsReader reader);
PartSpec read_part(SettingsReader reader);
ModelSpec read_model(SettingsReader reader);
FigureSpec read_figure(SettingsReader reader);
FindingSpec read_finding(SettingsReader reader);

}  // namespace sctab::experiments
