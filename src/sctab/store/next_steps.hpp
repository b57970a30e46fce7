#pragma once

namespace sctab::store {

/// What the user can do about a damaged store, a store that cannot be used, and an unfinished one.
inline constexpr const char* kRestore = "restore the file or build the store again";
inline constexpr const char* kBuildAgain = "build the store again";
inline constexpr const char* kStartOver = "remove the folder and start over";

}  // namespace sctab::store
