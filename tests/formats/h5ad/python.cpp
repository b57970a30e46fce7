#include "formats/h5ad/python.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "support/source_folder.hpp"

namespace sctab::h5ad::tests {
namespace {

PythonResult run(const std::string& command) {
  PythonResult result;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) result.output.push_back(static_cast<char>(c));
  result.status = ::pclose(pipe);
  return result;
}

}  // namespace

bool has_python_anndata() {
  static const bool found = run("/usr/bin/python3 -c 'import anndata, h5py, scipy'").status == 0;
  return found;
}

PythonResult run_python(const std::string& script, const std::string& arguments) {
  return run("/usr/bin/python3 -W ignore " + (sctab::tests::source_folder() / "tests/formats/h5ad" / script).string() +
             " " + arguments);
}

}  // namespace sctab::h5ad::tests
