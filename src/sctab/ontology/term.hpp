#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::ontology {

/// Position of a term in an Ontology.
using TermIndex = std::int32_t;

struct Term {
  std::string id;  // CL:0000084
  std::string name;
  std::vector<std::string> exact_synonyms;
  std::vector<std::string> parents;  // ids of is_a edges as written; other relations are not kept
  std::vector<std::string> replaced_by;
  std::vector<std::string> consider;
  bool obsolete = false;
  std::vector<std::string> alt_ids;  // of terms that were merged into this one
};

/// True for CL: and seven digits.
bool looks_like_cl_id(std::string_view text);

/// What a reader makes of a file: terms with a CL: id, in the file's order, each once.
class TermList {
 public:
  /// source names the file in messages.
  explicit TermList(std::string source) : source_(std::move(source)) {}

  std::string version;  // "cl/releases/2023-07-20"; empty if the file gives none

  /// place: the line (of an obo file) or the key (of a JSON file) of the term. Throws InputError if the id is not a CL
  /// id or is repeated, and if the name is empty (only obsolete terms may have lost theirs) or is not one line.
  void add(Term term, core::Problem place);

  [[nodiscard]] const std::string& source() const { return source_; }
  /// Hands the terms over. Throws InputError if there are none.
  [[nodiscard]] std::vector<Term> take();

 private:
  std::string source_;
  std::vector<Term> terms_;
  std::unordered_map<std::string, std::string> place_of_id_;
};

/// Reads the text of an obo 1.2 or 1.4 file: the [Term] stanzas with a CL: id, their is_a edges among CL ids, names and
/// exact synonyms unescaped. Comments, trailing qualifiers, other stanzas and other tags are ignored. Throws InputError
/// naming `source` and the line if the text is not obo, is cut off within a line, or has a damaged id.
TermList parse_obo(std::string_view text, std::string source);

}  // namespace sctab::ontology
