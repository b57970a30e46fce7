#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "support/fixtures.hpp"

namespace sctab::experiments::tests {

/// A recipe.toml in a folder of its own.
class RecipeFile {
 public:
  explicit RecipeFile(const std::string& text) { std::ofstream(path()) << text; }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "recipe.toml"; }

 private:
  sctab::tests::TemporaryFolder folder_;
};

}  // namespace sctab::experiments::tests
