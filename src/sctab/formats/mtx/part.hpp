#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::mtx {

/// One of the files that make a matrix: a file by itself, or a member of a tar archive, which is read where it lies.
struct Part {
  std::filesystem::path file;
  std::string member;  // empty: the file itself

  /// For messages: "cells.tar.gz/filtered/matrix.mtx".
  [[nodiscard]] std::filesystem::path path() const { return member.empty() ? file : file / member; }
  [[nodiscard]] bool operator==(const Part&) const = default;
};

/// The part from its beginning, unpacked where it is gzipped. Throws InputError where it is missing or damaged.
std::unique_ptr<streams::ByteStream> open_part(const Part& part);

/// All of a part that is text: UTF-8 without control characters, without a byte order mark. expected: what it should
/// be, for messages. Throws InputError as core::checked_text() does, and where it would take more memory than
/// core::memory_budget(), at 8 bytes a byte.
std::string read_part(const Part& part, const std::string& expected);

}  // namespace sctab::mtx
