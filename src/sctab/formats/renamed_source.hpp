#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::formats {

/// The name of a source that is read from another file than the user's.
struct SourceName {
  std::filesystem::path hidden;                // what is read: a temporary file
  std::filesystem::path shown;                 // what the user gave
  std::optional<core::FileIdentity> identity;  // of that file, if it is one
  std::shared_ptr<const void> kept;            // for as long as anything of the source is there

  /// The error with `shown` wherever it says `hidden`.
  [[nodiscard]] core::InputError renamed(const core::InputError& error) const;

  /// work(), with its errors renamed.
  template <typename Work>
  decltype(auto) around(const Work& work) const {
    try {
      return work();
    } catch (const core::InputError& error) {
      throw renamed(error);
    }
  }
};

/// A source that goes by another name: its path, its identity and all its errors.
std::unique_ptr<CellSource> renamed_source(std::unique_ptr<CellSource> source, SourceName name);

}  // namespace sctab::formats
