#pragma once

#include <gtest/gtest.h>

#include <string>

namespace sctab::h5ad::tests {

/// Whether Debian's Python with anndata is here.
bool has_python_anndata();

struct PythonResult {
  int status = 0;
  std::string output;  // standard output and error
};
/// Runs tests/formats/h5ad/SCRIPT with these arguments.
PythonResult run_python(const std::string& script, const std::string& arguments);

}  // namespace sctab::h5ad::tests

#define SCTAB_NEED_PYTHON_ANNDATA()                \
  if (!::sctab::h5ad::tests::has_python_anndata()) \
  GTEST_SKIP() << "needs /usr/bin/python3 with anndata (python3-anndata)"
