#pragma once

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <cstdint>

#include "sctab/kernels/backend.hpp"

namespace sctab::cli {

/// Accepts whole numbers from `least` on, and says so of others.
CLI::Validator at_least(std::int64_t least);

/// Refuses an empty text, as a shell makes of a variable that is not set: the option would count as not given.
CLI::Validator not_empty();

/// Options that mean the same in every command that has them.
void add_threads(CLI::App& command, int& threads);
/// --device
void add_device(CLI::App& command, kernels::Device& device);
/// --dense, the oracle of the kernels.
void add_dense(CLI::App& command, bool& dense);
void add_seed(CLI::App& command, std::uint64_t& seed, const std::string& what_it_decides);
/// Bytes, given as 4GB (powers of 1,000), 4GiB or a plain number.
void add_memory(CLI::App& command, std::int64_t& bytes);
void add_json(CLI::App& command, bool& json);

}  // namespace sctab::cli
