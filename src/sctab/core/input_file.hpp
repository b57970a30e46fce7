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
  std::int64_t expansion = 1;  // bytes of memory that a byte of it takes once it is parsed, at most
};

/// Opens a file to read. Throws InputError naming it where it is missing, may not be read, or is a folder, a FIFO, a
/// socket or a device: a FIFO without a writer would make us wait for ever. Throws Interrupted where a signal ends the
/// wait for the writer of one that will do.
FileDescriptor open_input(const std::filesystem::path& path, const InputNeeds& needs = {});

/// Identifies a file and its state, to notice that it was replaced or written to.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t bytes = 0, modified = 0;  // size, and nanoseconds since 1970
  bool operator==(const FileIdentity&) const = default;
};
/// That of an open file; path: its name in messages. Throws InputError where the system does not say.
FileIdentity identity_of(const FileDescriptor& file, const std::filesystem::path& path);
/// Throws InputError where the path no longer leads to the file as it was: it was written to, replaced or removed while
/// it was read, and results may be half of one and half of the other.
void require_unchanged(const std::filesystem::path& path, const FileIdentity& before);
/// Throws that error.
[[noreturn]] void refuse_changed(const std::filesystem::path& path);

/// All bytes of an input. Throws as open_input() does, and where there are more than most_bytes, or more than 16 MB
/// that memory_budget() has no room for. Stops early at a byte 0 of a stream, which no text has and /dev/zero has
/// without end.
std::string read_input(const std::filesystem::path& path, const InputNeeds& needs, std::uint64_t most_bytes);

}  // namespace sctab::core
