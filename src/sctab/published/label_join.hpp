#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/name_tables.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::published {

/// How a published label found its term.
enum class JoinedBy { kId, kName, kSynonym, kReplacement, kNothing };
/// "id", "name", "synonym", "replacement", "nothing".
std::string_view name(JoinedBy how);

struct JoinedLabel {
  std::string label;         // as published
  std::string id;            // CL:…; empty where it joined nothing
  std::string current_name;  // the ontology's for this id; empty where unknown
  JoinedBy how = JoinedBy::kNothing;
  std::string reason;  // why it joined nothing
};

/// Labels become current CL ids: by the id written beside them, else by a term's name, else by an exact synonym, else
/// by the name or a synonym of an obsolete term that one term replaced. A name that stands for several terms of the
/// same rank joins none of them; of several labels that mean one term only one is joined to it, the closest or first.
/// An id that the ontology does not have, or that is obsolete without a replacement, joins nothing, whatever the label.
/// ontology: may be absent; then only written ids join, as they are.
std::vector<JoinedLabel> join_labels(const formats::LabelTable& table,
                                     const std::optional<ontology::Ontology>& ontology);

}  // namespace sctab::published
