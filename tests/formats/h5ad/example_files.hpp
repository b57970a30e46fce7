#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::h5ad::tests {

/// The folder of files that example_files.py writes, made once a test program.
inline const std::filesystem::path& example_folder() {
  static const sctab::tests::TemporaryFolder folder;
  static const sctab::tests::PythonResult made =
      sctab::tests::run_python("formats/h5ad/example_files.py", folder.path().string());
  EXPECT_EQ(made.status, 0) << made.output;
  return folder.path();
}

inline std::filesystem::path example_file(const std::string& name) {
  return example_folder() / (name + ".h5ad");
}

}  // namespace sctab::h5ad::tests
