#pragma once

#include <string>
#include <string_view>

#include "sctab/ontology/term.hpp"

namespace sctab::ontology {

/// Reads the text of an obo 1.2 or 1.4 file: the [Term] stanzas with a CL: id, their is_a edges among CL ids, names and
/// exact synonyms unescaped. Comments, trailing qualifiers, other stanzas and other tags are passed over. Throws
/// InputError naming `source` and the line where the text is no obo, is cut off in a line, or has a damaged id.
TermList parse_obo(std::string_view text, std::string source);

}  // namespace sctab::ontology
