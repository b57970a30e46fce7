#include "sctab/core/installation.hpp"

#include <system_error>

namespace sctab::core {
namespace fs = std::filesystem;

fs::path program_folder() {
  std::error_code unreadable;
  return fs::read_symlink("/proc/self/exe", unreadable).parent_path();
}

fs::path prefix_of(const fs::path& program_folder) {
  const fs::path above = program_folder.parent_path();
  return above.filename() == "libexec" ? above.parent_path() : above;
}

fs::path installation_prefix() {
  return prefix_of(program_folder());
}

}  // namespace sctab::core
