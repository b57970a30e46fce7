#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "sctab/formats/dataframe.hpp"

namespace sctab::formats {

/// A file of labelled cells while results are added to it. It is whole only after close(): give it the path() of a
/// core::StagedOutput, so that it appears whole or not at all. All errors are InputError and name the file.
class CellSink {
 public:
  CellSink() = default;
  virtual ~CellSink() = default;
  CellSink(const CellSink&) = delete;
  CellSink& operator=(const CellSink&) = delete;

  /// The next cells of an embedding, `width` floats a cell, row-major. One name and width for all calls.
  virtual void append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) = 0;
  /// Adds a column to obs, or replaces it; one value a cell.
  virtual void put_obs(const Column& column) = 0;
  /// Adds a JSON object under `name`, or replaces it: where the results come from.
  virtual void put_uns(std::string_view name, const nlohmann::json& value) = 0;
  /// Ends the file; an embedding must have all cells.
  virtual void close() = 0;
};

}  // namespace sctab::formats
