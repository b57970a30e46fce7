#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sctab::ontology {

/// Position of a term in an Ontology.
using TermIndex = std::int32_t;

/// The roots of curation, by id.
inline constexpr std::string_view kCell = "CL:0000000";
inline constexpr std::string_view kNativeCell = "CL:0000003";

struct Term {
  std::string id;  // CL:0000084
  std::string name;
  std::vector<std::string> exact_synonyms;
  std::vector<std::string> parents;  // ids of is_a edges as written; other relations are not kept
  std::vector<std::string> replaced_by;
  std::vector<std::string> consider;
  bool obsolete = false;
};

/// What the reader met and mended; none is an error, all can be shown.
struct LoadReport {
  std::vector<std::string> missing_parents;  // "CL:… is_a X", where X is no term of the file; the edge is dropped
  std::vector<std::string> cycles;           // "A -> B -> A"; the edge that closes each is dropped
};

/// The Cell Ontology as an is_a graph over its CL terms. Immutable after construction, so threads may share it.
class Ontology {
 public:
  /// Drops edges to unknown terms and edges that close a cycle (in the order of the terms' ids, so the same every
  /// time).
  Ontology(std::vector<Term> terms, std::string version);

  /// Reads obo 1.2/1.4 (all terms with a CL: id; edges to other ontologies' terms, UBERON say, are left out), or our
  /// own ontology.json, or OBO-graphs json: by content, not by name. Throws InputError with file and line.
  static Ontology load(const std::filesystem::path& path);

  /// The edges needed for these terms and all their ancestors, as the model directory's ontology.json holds them.
  [[nodiscard]] nlohmann::json to_json(std::span<const TermIndex> terms) const;
  /// All terms.
  [[nodiscard]] nlohmann::json to_json() const;
  static Ontology from_json(const nlohmann::json& json, std::string_view source);

  [[nodiscard]] const std::string& version() const { return version_; }  // "cl/releases/2023-07-20"
  [[nodiscard]] TermIndex size() const { return static_cast<TermIndex>(terms_.size()); }
  [[nodiscard]] const Term& term(TermIndex index) const { return terms_.at(static_cast<std::size_t>(index)); }
  [[nodiscard]] const LoadReport& report() const { return report_; }

  /// By id, obsolete ones included.
  [[nodiscard]] std::optional<TermIndex> find(std::string_view id) const;
  /// By id, following replaced_by from obsolete terms (transitively; a loop or a term without replacement gives
  /// nothing).
  [[nodiscard]] std::optional<TermIndex> resolve(std::string_view id) const;
  /// By name, then by exact synonym where it stands for one term only; obsolete terms resolve to their replacement.
  [[nodiscard]] std::optional<TermIndex> find_by_name(std::string_view name) const;

  [[nodiscard]] std::span<const TermIndex> parents(TermIndex term) const;
  [[nodiscard]] std::span<const TermIndex> children(TermIndex term) const;
  /// All terms above, without the term itself, ascending.
  [[nodiscard]] std::vector<TermIndex> ancestors(TermIndex term) const;
  /// All terms below, without the term itself, ascending.
  [[nodiscard]] std::vector<TermIndex> descendants(TermIndex term) const;
  /// True where `term` is `ancestor` or lies below it.
  [[nodiscard]] bool is_a(TermIndex term, TermIndex ancestor) const;

 private:
  std::vector<Term> terms_;  // sorted by id
  std::string version_;
  LoadReport report_;
  std::unordered_map<std::string, TermIndex> by_id_;
  std::vector<std::vector<TermIndex>> parents_, children_;
};

/// True for CL: and seven digits.
bool looks_like_cl_id(std::string_view text);

/// Which of a list of labels are subtypes of which: what the evaluation needs.
class SubtypeMatrix {
 public:
  SubtypeMatrix() = default;
  /// labels: term of each label. is_subtype(parent, child) is true where child == parent or lies below it.
  SubtypeMatrix(const Ontology& ontology, std::span<const TermIndex> labels);
  /// rows: parent-major 0/1 matrix with the diagonal set, n × n.
  SubtypeMatrix(std::size_t n, std::vector<std::uint8_t> rows);

  [[nodiscard]] std::size_t size() const { return n_; }
  [[nodiscard]] bool is_subtype(std::size_t parent, std::size_t child) const { return rows_[parent * n_ + child] != 0; }

 private:
  std::size_t n_ = 0;
  std::vector<std::uint8_t> rows_;
};

}  // namespace sctab::ontology
