#include "sctab/core/control_groups.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace sctab::core {
namespace fs = std::filesystem;
namespace {

/// Whether "cpu,cpuacct" names the resource.
bool names(std::string_view controllers, std::string_view resource) {
  while (!controllers.empty()) {
    const std::size_t end = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, end) == resource) return true;
    controllers.remove_prefix(std::min(end + 1, controllers.size()));
  }
  return false;
}

}  // namespace

std::vector<fs::path> control_groups(const fs::path& root, const fs::path& groups_of_process,
                                     std::string_view resource) {
  std::vector<fs::path> folders;
  std::ifstream lines(groups_of_process);
  for (std::string line; std::getline(lines, line);) {  // "ID:CONTROLLERS:/PATH"; "0::/PATH" is version 2
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos || line.compare(second + 1, 1, "/") != 0) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const bool is_second_version = controllers.empty();
    if (!is_second_version && !names(controllers, resource)) continue;
    const fs::path mounted = is_second_version ? root : root / resource;
    for (fs::path group = line.substr(second + 2);; group = group.parent_path()) {
      folders.push_back(mounted / group);
      if (group.empty()) break;
    }
  }
  return folders;
}

}  // namespace sctab::core
