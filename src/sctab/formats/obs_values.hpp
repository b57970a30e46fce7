#pragma once

#include <string>
#include <string_view>

namespace sctab::formats {

/// True for what files write where nobody knows: "", "unknown", "na", "n/a", "nan", "none", "<na>", in any case and
/// with white space around it.
bool is_missing(std::string_view text);

/// The name of an assay: that of an EFO term of the 10x assays, as files of the CELLxGENE schema without the column
/// assay have it; any other text as it is.
std::string assay_name(const std::string& text);

/// In lower case, without the white space around it.
std::string trimmed_lower_case(std::string_view text);

}  // namespace sctab::formats
