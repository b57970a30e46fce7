#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/ontology/ontology.hpp"

namespace sctab::ontology {

/// How a label found its term.
enum class MatchedBy { kId, kName, kSynonym, kReplacement, kNothing };
/// "id", "name", "synonym", "replacement", "nothing".
std::string_view name(MatchedBy how);

struct MatchedLabel {
  std::string label;         // as published
  std::string id;            // CL:…; empty where it matches nothing
  std::string current_name;  // the ontology's for this id; empty where unknown
  MatchedBy how = MatchedBy::kNothing;
  std::string reason;  // why it matches nothing
};

/// Labels become current CL ids: by the id written next to them, else by a term's name, else by an exact synonym, else
/// by the name or a synonym of an obsolete term that one term replaced. A name that several terms of the same rank have
/// matches none of them; of several labels that mean one term only one gets it, the closest or first. An id that the
/// ontology does not have, or that is obsolete without a replacement, matches nothing, and then the label's name does
/// not count. ids: one per label, or empty. ontology: may be absent; then written ids are taken as they are.
std::vector<MatchedLabel> match_labels(std::span<const std::string> labels, std::span<const std::string> ids,
                                       const std::optional<Ontology>& ontology);

/// One object per label: label, cell_type_ontology_term_id, current_name, joined_by, reason.
nlohmann::json to_json(std::span<const MatchedLabel> labels);
/// For people: how many found their terms by what, then the labels that match nothing or have another name now. Lines.
std::string to_text(std::span<const MatchedLabel> labels);

/// The terms of the labels that match one, in the order of the labels.
std::vector<TermIndex> terms_of(std::span<const MatchedLabel> labels, const Ontology& ontology);

}  // namespace sctab::ontology
