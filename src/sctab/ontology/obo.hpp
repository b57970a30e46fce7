#pragma once

#include <string>
#include <string_view>

#include "sctab/ontology/term.hpp"

namespace sctab::ontology {

/// Reads the text of an obo 1.2 or 1.4 file: the [Term] stanzas with a CL: id, their is_a edges among CL ids, names and
/// exact synonyms unescaped. Comments, trailing qualifiers, other stanzas and other tags are ignored. Throws InputError
/// naming `source` and the line if the text is not obo, is cut off within a line, or has a damaged id.
TermList parse_obo(std::string_view text, std::string source);

}  // namespace sctab::ontology
