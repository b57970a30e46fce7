#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::h5ad::tests {

/// The folder of files that structure_files.py writes, made once a test program.
const std::filesystem::path& structure_folder();

/// Reads all that the program reads of a file of cells.
void read_everything(const std::filesystem::path& path);

/// A part of a file that a checksum guards.
struct SignedStructure {
  std::size_t begin = 0;
  std::size_t n_bytes = 0;  // in front of the checksum
};
std::vector<SignedStructure> signed_structures(const std::string& file);

/// Damages a file in one of the ways of which files are damaged: a byte, a hole, a number that is huge, bytes of
/// another place. Checksums are made right again where `structures` names them, as whoever means harm would.
std::string mutate(const std::string& file, const std::vector<SignedStructure>& structures, core::Rng& rng);

/// Does the work step by step in a process of its own, which may take so many seconds. Empty where it ended well, else
/// how it ended and in which step.
std::string fate_of(std::size_t n_steps, unsigned seconds, const std::function<void(std::size_t step)>& work);

}  // namespace sctab::h5ad::tests
