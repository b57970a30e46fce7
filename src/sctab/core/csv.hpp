#pragma once

#include <string>

namespace sctab::core {

/// A field of a csv: quoted where it holds a comma, a quote or a line break.
std::string csv_field(const std::string& text);

}  // namespace sctab::core
