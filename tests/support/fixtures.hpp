#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <string>

#include "support/bytes.hpp"
#include "support/source_folder.hpp"

namespace sctab::tests {

/// The folder of real data and golden numbers that developers and CI have next to the checkout, or $SCTAB_SHARED.
inline std::filesystem::path shared_folder() {
  const char* given = std::getenv("SCTAB_SHARED");
  return given != nullptr ? std::filesystem::path(given) : source_folder() / ".." / "shared";
}

/// A folder of its own for one test, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sctab-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder can be made: " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sctab::tests

/// Skips the test, with a clear line, where the shared folder lacks `relative`; else defines the path `variable`.
#define SCTAB_NEED_SHARED(variable, relative)                                          \
  const std::filesystem::path variable = ::sctab::tests::shared_folder() / (relative); \
  if (!std::filesystem::exists(variable)) GTEST_SKIP() << "needs the shared data: no " << variable.string()

/// Runs `statement` and expects a `Type` whose message holds every one of the texts.
#define SCTAB_EXPECT_THROW_WITH(statement, Type, ...)                                          \
  try {                                                                                        \
    statement;                                                                                 \
    ADD_FAILURE() << #statement << " did not throw";                                           \
  } catch (const Type& error) {                                                                \
    for (const std::string& expected_part : std::initializer_list<std::string>{__VA_ARGS__}) { \
      EXPECT_NE(std::string(error.what()).find(expected_part), std::string::npos)              \
          << "no '" << expected_part << "' in: " << error.what();                              \
    }                                                                                          \
  }
