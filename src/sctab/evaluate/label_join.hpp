#pragma once

#include <span>
#include <string>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::evaluate {

using core::TypeIndex;

/// One list of labels for a store's types and a model's, joined by CL id and never by name: names change between
/// releases. A type of the store that the model lacks stays in it, for a prediction of its subtype is still right.
struct LabelUnion {
  std::vector<std::string> labels;  // the ontology's names; the id where it does not know it
  std::vector<std::string> ids;  // current CL ids, each once: the model's first, in its order, then the store's others
  std::vector<TypeIndex> position_of_store_type;  // in labels, by position in the store's list; -1 for "unknown" and ""
  std::vector<TypeIndex> position_of_model_type;  // the same for the model's
  ontology::SubtypeMatrix subtypes;               // of labels, for evaluate()
};

/// store_ids and model_ids: CL ids, by position. Obsolete and merged ids count as the term that replaced them, so that
/// several types of one list may share a position. An id that the ontology does not know, or that has no single
/// replacement, is equal to itself alone.
LabelUnion join_labels(std::span<const std::string> store_ids, std::span<const std::string> model_ids,
                       const ontology::Ontology& ontology);

/// 1 for each label that is, or has below it, one of the `trained` labels (-1: none): those that a model with training
/// cells of these can be right about.
std::vector<std::uint8_t> known_labels(const LabelUnion& joined, std::span<const core::TypeIndex> trained);

}  // namespace sctab::evaluate
