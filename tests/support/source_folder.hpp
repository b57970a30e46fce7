#pragma once

#include <filesystem>

namespace sctab::tests {

/// The root of the checkout that the tests were built from.
std::filesystem::path source_folder();

}  // namespace sctab::tests
