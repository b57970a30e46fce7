#include "sctab/formats/zarr/file.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/formats/zarr/labelled_copy.hpp"
#include "sctab/formats/zarr/storage.hpp"

namespace sctab::zarr {
namespace fs = std::filesystem;
namespace {

/// Of a zip file with members.
bool is_zip(const fs::path& path) {
  constexpr std::string_view kMagic("PK\3\4", 4);
  std::array<char, 4> head{};
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), head.size()) && std::string_view(head.data(), head.size()) == kMagic;
}

bool has_root(const Storage& storage) {
  return storage.open("zarr.json") != nullptr || storage.open(".zgroup") != nullptr ||
         storage.open(".zarray") != nullptr;
}

}  // namespace

File::File(const fs::path& path, const formats::OpenOptions& options)
    : File(std::make_shared<Hierarchy>(open_storage(path, options.allow_external)), options) {}

File::File(std::shared_ptr<const Hierarchy> hierarchy, const formats::OpenOptions& options)
    : Cells(hierarchy->storage().path(), std::make_unique<Group>(hierarchy, ""), options.modality),
      hierarchy_(std::move(hierarchy)) {}

std::unique_ptr<formats::CellSink> File::copy_to(const fs::path& target) const {
  require_unchanged();
  const std::string within = fs::weakly_canonical(target).parent_path().string() + "/";
  if (fs::is_directory(path()) && within.starts_with(fs::canonical(path()).string() + "/")) {
    throw core::InputError(
        {.file = core::target_name(target.string()),
         .found = fmt::format("lies within the input, {}, of which it shall be a copy", path().string()),
         .next_step = "choose another output"});
  }
  return std::make_unique<LabelledCopy>(hierarchy_, modality_path(), n_cells(), target);
}

bool is_zarr(const fs::path& path) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  fs::path name = path.has_filename() ? path : path.parent_path();  // "x.zarr/"
  if (is_folder && name.extension() == ".zarr") return true;
  if (!is_folder && name.extension() == ".zip" && name.stem().extension() == ".zarr") return true;
  if (!is_folder && !is_zip(path)) return false;
  try {
    return has_root(*open_storage(path, true));
  } catch (const core::InputError&) {
    return false;  // others may know what it is
  }
}

bool is_replaceable(const fs::path& folder) {
  std::error_code failed;
  if (fs::is_empty(folder, failed)) return true;
  try {
    const auto storage = open_storage(folder, true);
    return has_root(*storage) && Hierarchy(storage).node("uns/sctab")->kind == Node::Kind::kGroup;
  } catch (const core::InputError&) {
    return false;
  }
}

}  // namespace sctab::zarr
