#pragma once

#include <filesystem>

namespace sctab::core {

/// The folder of the running program: bin or libexec/sctab of an installation, or a build folder. Empty where the
/// system does not tell.
std::filesystem::path program_folder();

/// The prefix that the running program is installed in; empty where the system does not tell.
std::filesystem::path installation_prefix();

/// The same for a program in this folder.
std::filesystem::path prefix_of(const std::filesystem::path& program_folder);

}  // namespace sctab::core
