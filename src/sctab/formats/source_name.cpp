#include "sctab/formats/source_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kPackedEndings = {".gz", ".bz2", ".zip"};
constexpr std::array<std::string_view, 13> kSourceEndings = {
    ".h5ad", ".h5mu", ".h5", ".hdf5", ".loom", ".zarr", ".csv", ".tsv", ".txt", ".tab", ".mtx", ".tar", ".tgz"};

/// Whether it had one, in any case, and something before it.
bool remove_ending(std::string& name, std::span<const std::string_view> endings) {
  const auto ends_with = [&name](std::string_view ending) {
    return name.size() > ending.size() && std::equal(ending.rbegin(), ending.rend(), name.rbegin(), [](char a, char b) {
             return a == std::tolower(static_cast<unsigned char>(b));
           });
  };
  const auto found = std::ranges::find_if(endings, ends_with);
  if (found == endings.end()) return false;
  name.resize(name.size() - found->size());
  return true;
}

}  // namespace

fs::path path_without_ending(const fs::path& source) {
  fs::path path = source;
  if (!path.has_filename()) path = path.parent_path();  // "folder/"
  if (path.empty() || path.filename() == "." || path.filename() == "..") {
    path = fs::absolute(source).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
  }
  std::string name = path.filename().string();
  (void)remove_ending(name, kPackedEndings);
  (void)remove_ending(name, kSourceEndings);
  return path.replace_filename(name);
}

}  // namespace sctab::formats
