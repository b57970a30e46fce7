#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sctab::charts {

/// Colour of the nth series or group, as "#rrggbb". Each has a contrast of 3 or more on white and on the dark ground of
/// a Page; they come round after twelve.
std::string_view series_colour(std::size_t n);
/// For shares from 0 to 1: from pale to dark, the same order in grey.
std::string shade(double share);
/// The one of black and white that reads better on a colour; a contrast of 4.5 or more on every colour.
std::string_view text_colour_on(std::string_view colour);

}  // namespace sctab::charts
