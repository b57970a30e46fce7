#pragma once

#include <span>
#include <string>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"

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
LabelUnion unite_labels(std::span<const std::string> store_ids, std::span<const std::string> model_ids,
                        const ontology::Ontology& ontology);

/// 1 for each label that is, or has below it, one of the `trained` labels (-1: none): those that a model with training
/// cells of these can be right about.
std::vector<std::uint8_t> known_labels(const LabelUnion& joined, std::span<const core::TypeIndex> trained);

/// Which of a store's cell types are subtypes of which, by the store's own ontology. A type that it does not know is a
/// subtype of itself alone.
ontology::SubtypeMatrix store_subtypes(const store::Store& store);

/// The CL ids of a store's types and of a model's, by position.
std::vector<std::string> cell_type_ids(const store::Store& store);
std::vector<std::string> cell_type_ids(const model::ModelDescription& model);

}  // namespace sctab::evaluate
