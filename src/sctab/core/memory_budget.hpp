#pragma once

#include <cstdint>
#include <filesystem>

#include "sctab/core/error.hpp"

namespace sctab::core {

/// The most memory that this process may have: the least of the machine's, its control groups' limits, and ulimit -v
/// and -d. root and groups_of_process: as for control_groups().
std::int64_t memory_limit(const std::filesystem::path& root, const std::filesystem::path& groups_of_process);

/// The most memory that anything may take because a file or an option says so, in bytes. Half of memory_limit(), unless
/// set. The limit counts all memory of the machine rather than what is free just now, so that a file that was read once
/// is read again.
std::int64_t memory_budget();
/// Bytes; 0: the default again.
void set_memory_budget(std::int64_t bytes);

/// To be asked before memory is taken for `n` things of `bytes_each`. Throws InputError at `place` where that is more
/// than the budget; place.found says what they are: "announces 1,099,511,627,776 cells".
void require_memory(std::int64_t n, std::int64_t bytes_each, Problem place);

}  // namespace sctab::core
