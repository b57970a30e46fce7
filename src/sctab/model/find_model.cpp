#include "sctab/model/find_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <system_error>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/installation.hpp"
#include "sctab/core/nearest_word.hpp"

namespace sctab::model {
namespace fs = std::filesystem;
namespace {

constexpr const char* kModels = "share/sctab/models";  // below a prefix

bool is_model(const fs::path& directory) {
  std::error_code unreadable;
  return fs::exists(directory / "config.json", unreadable);
}

}  // namespace

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  if (const char* given = std::getenv("SCTAB_MODELS"); given != nullptr) {
    std::istringstream list(given);
    for (std::string folder; std::getline(list, folder, ':');) {
      if (!folder.empty()) folders.emplace_back(folder);
    }
  }
  if (const char* home = std::getenv("HOME"); home != nullptr) folders.push_back(fs::path(home) / ".local" / kModels);
  if (const fs::path prefix = core::installation_prefix(); !prefix.empty()) folders.push_back(prefix / kModels);
  return folders;
}

std::vector<InstalledModel> installed_models() {
  std::map<std::string, fs::path> found;
  for (const fs::path& folder : model_folders()) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing)) {
      if (is_model(entry.path())) found.emplace(entry.path().filename().string(), entry.path());
    }
  }
  std::vector<InstalledModel> models;
  for (const auto& [name, directory] : found) models.push_back({name, directory});
  return models;
}

fs::path find_model(const fs::path& model) {
  std::error_code unreadable;
  const bool is_path = model.empty() || model.has_parent_path() || fs::exists(model, unreadable);
  if (is_path) return model;
  const std::vector<InstalledModel> models = installed_models();
  const auto found = std::ranges::find(models, model.string(), &InstalledModel::name);
  if (found != models.end()) return found->directory;
  std::vector<std::string> folders, names;
  for (const fs::path& folder : model_folders()) folders.push_back(folder.string());
  for (const InstalledModel& installed : models) names.push_back(installed.name);
  const std::string nearest = core::nearest_word(model.string(), names);
  throw core::InputError(
      {.file = model.string(),
       .found = fmt::format("no such model directory, and no installed model of this name in {}",
                            core::alternatives(folders)),
       .next_step = nearest.empty() ? "`sctab models list` lists the installed models"
                                    : fmt::format("did you mean '{}'? `sctab models list` lists them", nearest)});
}

}  // namespace sctab::model
