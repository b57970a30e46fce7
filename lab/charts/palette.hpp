#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sctab::charts {

/// Colour of the nth series or group, as "#rrggbb". Each has a contrast of 3 or more on white and on the dark
/// background of a Page. They repeat after twelve.
std::string_view series_colour(std::size_t n);
/// A shade for a fraction of 0 to 1, from pale to dark, in the same order in grey.
std::string shade(double share);
/// Black or white, whichever reads better on a colour: a contrast of 4.5 or more on every colour.
std::string_view text_colour_on(std::string_view colour);

}  // namespace sctab::charts
