#pragma once

#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::arrays {

/// Throws InputError at `place` unless all texts are UTF-8: it names the first that is not, a `counted` ("row").
void require_utf8(const formats::Strings& texts, std::string_view counted, const core::Problem& place);

}  // namespace sctab::arrays
