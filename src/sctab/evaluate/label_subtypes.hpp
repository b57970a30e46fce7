#pragma once

#include <span>

#include "sctab/model/model_directory.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"

namespace sctab::evaluate {

/// Which of a store's cell types are subtypes of which, by the store's own ontology. A type that it does not know is a
/// subtype of itself alone.
ontology::SubtypeMatrix store_subtypes(const store::Store& store);

/// The CL ids of a store's types and of a model's, by position.
std::vector<std::string> cell_type_ids(const store::Store& store);
std::vector<std::string> cell_type_ids(const model::ModelDescription& model);

}  // namespace sctab::evaluate
