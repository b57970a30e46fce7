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

void TermList::add(Term term, core::Problem place) {
  place.file = source_;
  const auto refuse = [&place](std::string found, std::string expected) {
    place.next_step = "download the file again; it may be damaged";
    place.found = std::move(found);
    place.expected = std::move(expected);
    throw InputError(place);
  };
  if (!looks_like_cl_id(term.id)) refuse(fmt::format("the term id {:?}", term.id), "CL: and seven digits");
  if (term.name.empty() && !term.obsolete) refuse(fmt::format("term {} has no name", term.id), "a name");
  if (std::any_of(term.name.begin(), term.name.end(), [](char c) { return c >= '\0' && c < ' '; })) {
    refuse(fmt::format("the name of {} is {:?}", term.id, term.name), "one line of text");
  }
  const std::string shown = place.line > 0 ? fmt::format("line {}", place.line) : place.key;
  const auto [entry, is_new] = place_of_id_.emplace(term.id, shown);
  if (!is_new) {
    place.found = fmt::format("term {} again, after {}", term.id, entry->second);
    place.next_step = "remove one of the two";
    throw InputError(place);
  }
  terms_.push_back(std::move(term));
}

std::vector<Term> TermList::take() {
  if (terms_.empty()) {
    throw InputError({.file = source_,
                      .found = "no term with a CL: id",
                      .expected = "the Cell Ontology as obo, as OBO-graphs json or as sctab's ontology.json"});
  }
  return std::move(terms_);
}

}  // namespace sctab::ontology
