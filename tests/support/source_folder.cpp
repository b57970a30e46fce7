#include "support/source_folder.hpp"

namespace sctab::tests {

std::filesystem::path source_folder() {
  return SCTAB_SOURCE_DIR;
}

}  // namespace sctab::tests
