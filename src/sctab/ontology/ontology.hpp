#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/ontology/term.hpp"

namespace sctab::ontology {

/// The roots of curation, by id.
inline constexpr std::string_view kCell = "CL:0000000";
inline constexpr std::string_view kNativeCell = "CL:0000003";

/// What the constructor found and repaired: none of it is an error, and all of it can be shown.
struct LoadReport {
  std::vector<std::string> missing_parents;  // "CL:… is_a X", where X is not a current term; the edge is dropped
  std::vector<std::string> cycles;           // "A -> B -> A", child first; the edge that closes it is dropped
};

/// The Cell Ontology as an is_a graph over its current CL terms. Obsolete terms are kept to be looked up and resolved,
/// but lie outside the graph. Immutable after construction, so threads may share it.
class Ontology {
 public:
  /// terms: each id once, in any order. An edge to an obsolete or merged term goes to the term that replaced it. Drops
  /// edges to unknown terms, and edges that close a cycle when walking up from the terms in the order of their ids: the
  /// result does not depend on the order of the terms. Throws InputError on a repeated id.
  Ontology(std::vector<Term> terms, std::string version);

  /// Reads obo 1.2/1.4 (all terms with a CL: id; edges to other ontologies' terms, UBERON say, are left out), or our
  /// own ontology.json, or OBO-graphs json: by content, not by name. Throws InputError with file and line (in json:
  /// with file and position in the list).
  static Ontology load(const std::filesystem::path& path);

  /// What a model or a store must keep: these terms, all their ancestors, and the obsolete terms that these replace.
  /// Which of these labels lie below any other term of the release, labels or not, can be told from it alone.
  [[nodiscard]] nlohmann::json to_json(std::span<const TermIndex> terms) const;
  /// All terms.
  [[nodiscard]] nlohmann::json to_json() const;
  /// source names the file in messages. Throws InputError.
  static Ontology from_json(const nlohmann::json& json, std::string_view source);

  [[nodiscard]] const std::string& version() const { return version_; }  // "cl/releases/2023-07-20"
  [[nodiscard]] TermIndex size() const { return static_cast<TermIndex>(terms_.size()); }
  /// Terms are in the order of their ids.
  [[nodiscard]] const Term& term(TermIndex index) const { return terms_.at(static_cast<std::size_t>(index)); }
  [[nodiscard]] const LoadReport& report() const { return report_; }

  /// The term with this id, obsolete ones included.
  [[nodiscard]] std::optional<TermIndex> find(std::string_view id) const;
  /// The current term that an id means: itself, the one it was merged into (alt_id), or the one that replaced it
  /// (replaced_by, transitively). Nothing where there is none or more than one; `consider` is not followed, for it
  /// asks for a person's judgement.
  [[nodiscard]] std::optional<TermIndex> resolve(std::string_view id) const;

  /// One is_a edge up, ascending.
  [[nodiscard]] std::span<const TermIndex> parents(TermIndex term) const;
  /// The distinct CL terms that lie above by is_a, ascending: not the term itself, not terms of other ontologies (cell
  /// is_a UBERON:0000061 in some releases). Curation's min_ancestors counts these. In release 2023-07-20, 163 of the
  /// paper's 164 types have more than 7, five of them exactly 8; oligodendrocyte precursor cell has 4.
  [[nodiscard]] std::vector<TermIndex> ancestors(TermIndex term) const;
  /// True if `term` is `ancestor` or lies below it.
  [[nodiscard]] bool is_a(TermIndex term, TermIndex ancestor) const;

 private:
  void index_alt_ids();
  void link();
  [[nodiscard]] std::optional<TermIndex> find_or_merged(std::string_view id) const;

  std::vector<Term> terms_;  // sorted by id
  std::string version_;
  LoadReport report_;
  std::vector<std::vector<TermIndex>> parents_;
  std::map<std::string, TermIndex, std::less<>> alt_ids_;  // -1: of several terms
};

/// Which of a list of labels are subtypes of which: what the evaluation needs.
class SubtypeMatrix {
 public:
  SubtypeMatrix() = default;
  /// labels: term of each label, -1 = of no term, which makes it a subtype of itself alone. is_subtype(parent, child)
  /// is true where child == parent or lies below it; labels of one term are subtypes of each other.
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
