#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include "support/source_folder.hpp"

namespace sctab::tests {

struct PythonResult {
  int status = 0;
  std::string output;  // standard output and error
};

/// Runs Debian's Python with these arguments, quoted for the shell.
inline PythonResult run_debian_python(const std::string& arguments) {
  const std::string command = "/usr/bin/python3 " + arguments + " 2>&1";
  PythonResult result;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) result.output.push_back(static_cast<char>(c));
  result.status = ::pclose(pipe);
  return result;
}

/// Whether Debian's Python has anndata.
inline bool has_python_anndata() {
  // -P: a folder of the build that is named as a module (zarr) is not one.
  static const bool found = run_debian_python("-P -c 'import anndata, h5py, scipy'").status == 0;
  return found;
}

/// Runs tests/SCRIPT with these arguments.
inline PythonResult run_python(const std::string& script, const std::string& arguments) {
  return run_debian_python("-W ignore " + (source_folder() / "tests" / script).string() + " " + arguments);
}

}  // namespace sctab::tests

#define SCTAB_NEED_PYTHON_ANNDATA() \
  if (!::sctab::tests::has_python_anndata()) GTEST_SKIP() << "needs /usr/bin/python3 with anndata (python3-anndata)"
