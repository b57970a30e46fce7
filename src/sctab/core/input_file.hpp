#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sctab/core/file_descriptor.hpp"

namespace sctab::core {

/// What an input should be, and what to do if it is not, for messages.
struct InputNeeds {
  std::string expected{};   // "a csv"
  std::string next_step{};  // "copy the model directory again"
  /// Whether a pipe or a device will do: for what a person names on the command line, as in --genes <(zcat genes.gz).
  bool streams = false;
};

/// Opens a file to read. Throws InputError naming it where it is missing, may not be read, or is a folder, a FIFO, a
/// socket or a device: a FIFO without a writer would make us wait for ever.
FileDescriptor open_input(const std::filesystem::path& path, const InputNeeds& needs = {});

/// All bytes of an input. Throws as open_input() does, and where there are more than most_bytes. Stops early at a byte
/// 0 of a stream, which no text has and /dev/zero has without end.
std::string read_input(const std::filesystem::path& path, const InputNeeds& needs, std::uint64_t most_bytes);

}  // namespace sctab::core
