#pragma once

#include <string_view>

namespace sctab::annotate {

/// The name of a UBERON id ("UBERON:0002048" -> "lung", in any case), for the organs that CELLxGENE has as
/// tissue_general. Empty for any other text.
std::string_view tissue_name(std::string_view id);

}  // namespace sctab::annotate
