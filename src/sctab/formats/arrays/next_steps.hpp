#pragma once

namespace sctab::arrays {

/// What the user can do about damage on the way here, damage by the program that wrote the file, and a full disk.
inline constexpr const char* kCopyAgain = "copy or download the file again";
inline constexpr const char* kWriteAgain = "the file is damaged, so write it again";
inline constexpr const char* kFreeSpace = "free some space and run again";

}  // namespace sctab::arrays
