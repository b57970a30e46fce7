#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::core {

/// Reads a JSON file. Throws InputError as open_input() and parse_json() do.
nlohmann::json read_json(const std::filesystem::path& path);

/// Parses foreign JSON. Throws InputError at `place` with the offset of a syntax error, and where objects and arrays
/// lie deeper in each other than any of ours: code that walks them would run out of stack.
nlohmann::json parse_json(std::string_view text, const Problem& place);

/// The number, or null for NaN, which JSON cannot represent.
nlohmann::json json_number(double value);

/// Writes it with an indent of 1, whole or not at all. Throws InputError naming the file.
void write_json(const std::filesystem::path& path, const nlohmann::json& value);

/// Reads the fields of a JSON object that comes from a file. What is missing, has another type or is out of range is
/// an InputError with the file and the dotted key: "config.json: architecture.tabnet.n_d: 0; expected 1 to 1000000".
///
///   const JsonFields config(json, {.file = path, .next_step = "copy the model directory again"});
///   const JsonFields architecture = config.object("architecture");
///   const auto kind = architecture.get<std::string>("kind");
///   const auto n_levels = architecture.find<std::int64_t>("n_levels").value_or(0);
///   for (const JsonFields& member : architecture.objects("members")) ...
///
/// Refers to the json, which must outlive it.
class JsonFields {
 public:
  /// place: the file, the key under which the object is found (empty at the top), and what the user should do about a
  /// wrong field. Throws if `value` is not an object.
  JsonFields(const nlohmann::json& value, Problem place);

  [[nodiscard]] bool has(std::string_view key) const;
  /// The field as a T: bool, an integer, double, std::string, or a std::vector of one of these. Integers must fit T,
  /// and doubles are finite. A field that is null counts as missing.
  template <typename T>
  [[nodiscard]] T get(std::string_view key) const;
  /// The same, or nothing where the field is missing.
  template <typename T>
  [[nodiscard]] std::optional<T> find(std::string_view key) const {
    return has(key) ? std::optional<T>(get<T>(key)) : std::nullopt;
  }
  /// An integer or double from `least` to `most`, both included.
  template <typename T>
  [[nodiscard]] T get(std::string_view key, std::type_identity_t<T> least, std::type_identity_t<T> most) const;
  /// The field as it is, of any type.
  [[nodiscard]] const nlohmann::json& value(std::string_view key) const;
  [[nodiscard]] JsonFields object(std::string_view key) const;
  /// An array of objects; their keys are "members[0]", "members[1]", ...
  [[nodiscard]] std::vector<JsonFields> objects(std::string_view key) const;
  /// The file and the key of this object, for further errors about it.
  [[nodiscard]] const Problem& place() const { return place_; }
  /// The keys of the object, sorted.
  [[nodiscard]] std::vector<std::string> keys() const;

  /// The error for a field that has the right type and is wrong all the same. found: empty for the value itself.
  [[nodiscard]] InputError error(std::string_view key, std::string expected, std::string found = {}) const;

 private:
  [[nodiscard]] InputError error_at(std::string key, std::string found, std::string expected) const;
  template <typename T>
  [[nodiscard]] T as(const nlohmann::json& value, const std::string& key) const;
  template <std::integral T>
  [[nodiscard]] T as_integer(const nlohmann::json& value, const std::string& key, T least, T most) const;
  [[nodiscard]] std::string dotted(std::string_view key) const;

  const nlohmann::json* object_;
  Problem place_;
};

}  // namespace sctab::core
