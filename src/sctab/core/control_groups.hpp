#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace sctab::core {

/// The folders of the control groups (containers, systemd's slices) that may limit a resource of a process, "cpu" or
/// "memory": its own and those above it, whose limits hold too. Some may not exist. root: where groups are mounted,
/// /sys/fs/cgroup; groups_of_process: /proc/PID/cgroup.
std::vector<std::filesystem::path> control_groups(const std::filesystem::path& root,
                                                  const std::filesystem::path& groups_of_process,
                                                  std::string_view resource);

}  // namespace sctab::core
