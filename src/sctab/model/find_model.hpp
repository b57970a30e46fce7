#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sctab::model {

/// A model directory in one of the folders for installed models.
struct InstalledModel {
  std::string name;  // the directory's
  std::filesystem::path directory;
};

/// The folders where installed models are looked for, in this order: those of $SCTAB_MODELS (separated by colons),
/// ~/.local/share/sctab/models, and share/sctab/models of the prefix that the running program is installed in.
std::vector<std::filesystem::path> model_folders();

/// All installed models by name; of two with one name, the one that find_model() finds.
std::vector<InstalledModel> installed_models();

/// The directory of a model: `model` itself if it is a path (it exists, or has a slash), else the installed model of
/// this name. Throws InputError naming the folders that were searched.
std::filesystem::path find_model(const std::filesystem::path& model);

}  // namespace sctab::model
