#include "sctab/ontology/term.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"

namespace sctab::ontology {

using core::InputError;

bool looks_like_cl_id(std::string_view text) {
  return text.size() == 10 && text.starts_with("CL:") &&
         std::all_of(text.begin() + 3, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void TermList::add(Term term, const std::string& place) {
  if (!looks_like_cl_id(term.id)) {
    throw InputError(fmt::format("{}: {}: term id {:?}, expected CL: and seven digits; is the file damaged?", source_,
                                 place, term.id));
  }
  if (term.name.empty() && !term.obsolete) {
    throw InputError(fmt::format("{}: {}: term {} has no name; the file is cut off or damaged, fetch it again", source_,
                                 place, term.id));
  }
  if (std::any_of(term.name.begin(), term.name.end(), [](char c) { return c >= '\0' && c < ' '; })) {
    throw InputError(fmt::format("{}: {}: the name of {} is {:?}, expected one line of text; is the file damaged?",
                                 source_, place, term.id, term.name));
  }
  const auto [entry, is_new] = place_of_id_.emplace(term.id, place);
  if (!is_new) {
    throw InputError(fmt::format("{}: {}: term {} is there already ({}), expected each once; remove one of them",
                                 source_, place, term.id, entry->second));
  }
  terms_.push_back(std::move(term));
}

std::vector<Term> TermList::take() {
  if (terms_.empty()) {
    throw InputError(
        fmt::format("{}: no term with a CL: id found; expected the Cell Ontology as obo, as OBO-graphs "
                    "json or as sctab's ontology.json",
                    source_));
  }
  return std::move(terms_);
}

}  // namespace sctab::ontology
