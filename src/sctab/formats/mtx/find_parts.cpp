#include "sctab/formats/mtx/find_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/mtx/file_roles.hpp"
#include "sctab/formats/mtx/matrix_text.hpp"
#include "sctab/formats/tar/tar_reader.hpp"

namespace sctab::mtx {
namespace fs = std::filesystem;
namespace {

constexpr int kMostLevels = 5;
constexpr std::size_t kMostNames = 20'000;
constexpr std::string_view kTissuePositions = "tissue_positions";

/// Names in a folder or an archive, and how to make parts of them.
struct Listing {
  fs::path shown;  // for messages
  bool is_archive = false;
  std::vector<std::string> names;
  fs::path named{};  // a matrix that was named itself: the last

  [[nodiscard]] Part part(int number) const {
    const std::string& name = names[static_cast<std::size_t>(number)];
    if (!named.empty() && std::cmp_equal(number + 1, names.size())) return {named, {}};
    return is_archive ? Part{shown, name} : Part{shown / name, {}};
  }
};

bool is_part(const std::string& name) {
  return role_of(name).role != Role::kNone;
}

bool is_matrix(const std::string& name) {
  return role_of(name).role == Role::kMatrix;
}

/// The files of one folder, with `before` in front of their names, and its folders.
void list_level(const fs::path& folder, const std::string& before, Listing& files, std::vector<std::string>& folders) {
  std::error_code error;
  fs::directory_iterator entries(folder / before, error);
  if (error) {
    throw core::InputError(
        {.file = (folder / before).string(), .found = fmt::format("the folder cannot be read: {}", error.message())});
  }
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    core::check_interrupt();
    const std::string name = (fs::path(before) / entries->path().filename()).generic_string();
    std::error_code ignored;
    if (entries->is_directory(ignored)) {
      if (folders.size() < kMostNames) folders.push_back(name);
    } else if (is_part(name)) {
      if (files.names.size() < kMostNames) files.names.push_back(name);
    }
    if (error) break;
  }
}

/// Whether a folder of the name, or the file's own name, has this word in it: "raw", "filtered".
bool has_word(std::string_view name, std::string_view word) {
  constexpr std::string_view kBetween = "/_.-";
  const auto is_between = [&](std::size_t at) { return at >= name.size() || kBetween.find(name[at]) != name.npos; };
  for (std::size_t at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    if ((at == 0 || is_between(at - 1)) && is_between(at + word.size())) return true;
  }
  return false;
}

bool is_raw(const std::string& name) {
  return has_word(name, "raw");
}

/// The parts in a folder, or in the uppermost of the folders below it that have a matrix other than a raw one.
Listing list_folder(const fs::path& folder) {
  Listing listing{.shown = folder, .is_archive = false, .names = {}};
  std::vector<std::string> level = {""};
  for (int depth = 0; depth < kMostLevels && !level.empty(); ++depth) {
    std::vector<std::string> below;
    for (const std::string& each : level) list_level(folder, each, listing, below);
    const auto is_wanted = [](const std::string& name) { return is_matrix(name) && !is_raw(name); };
    if (std::ranges::any_of(listing.names, is_wanted)) break;
    level = std::move(below);
  }
  std::ranges::sort(listing.names);
  return listing;
}

Listing list_archive(const fs::path& archive, bool& has_spots) {
  Listing listing{.shown = archive, .is_archive = true, .names = {}};
  tar::Reader reader(streams::open_stream(archive));
  while (const auto member = reader.next()) {
    if (!member->is_file) continue;
    has_spots = has_spots || member->name.find(kTissuePositions) != std::string::npos;
    if (is_part(member->name) && listing.names.size() < kMostNames) listing.names.push_back(member->name);
  }
  return listing;
}

/// Leaves raw matrices out where there are filtered ones.
void drop_raw(const Listing& listing, std::vector<NamedParts>& groups, std::vector<std::string>& notes) {
  const auto name = [&](const NamedParts& parts) { return listing.names[static_cast<std::size_t>(parts.matrix)]; };
  const auto is_filtered = [&](const NamedParts& parts) { return has_word(name(parts), "filtered"); };
  if (groups.size() < 2 || std::ranges::none_of(groups, is_filtered)) return;
  const auto n_left = std::erase_if(groups, [&](const NamedParts& parts) { return is_raw(name(parts)); });
  if (n_left == 0 || groups.empty()) return;
  notes.push_back(fmt::format("took {} and left the raw matrix, which has empty droplets", name(groups.front())));
}

/// Says so where the matrix itself is a raw one.
void note_raw(Parts& parts) {
  const fs::path path = parts.matrix.path();
  const std::string near =
      (path.parent_path().parent_path().filename() / path.parent_path().filename() / path.filename()).string();
  if (!has_word(near, "raw") || has_word(near, "filtered")) return;
  parts.notes.emplace_back("this is a raw matrix, with empty droplets among its cells: label the filtered one");
}

[[noreturn]] void refuse_several(const Listing& listing, std::span<const NamedParts> groups) {
  constexpr std::size_t kMostShown = 5;
  std::vector<std::string> names;
  for (const NamedParts& group : groups) {
    if (names.size() == kMostShown) break;
    names.push_back(listing.names[static_cast<std::size_t>(group.matrix)]);
  }
  throw core::InputError({.file = listing.shown.string(),
                          .found = fmt::format("holds {} matrices, of several samples or genomes: {}{}", groups.size(),
                                               fmt::join(names, ", "), groups.size() > names.size() ? ", …" : ""),
                          .expected = "one matrix of human cells",
                          .next_step = listing.is_archive ? "unpack it and name one of them" : "name one of them"});
}

Parts parts_of(const Listing& listing, const NamedParts& group, std::vector<std::string> notes) {
  const auto require = [&](int number, const char* what, const char* names) {
    if (number >= 0) return;
    throw core::InputError({.file = listing.part(group.matrix).path().string(),
                            .found = fmt::format("has no file with {} next to it", what),
                            .expected = names,
                            .next_step = "put the three files into one folder, under the names they had"});
  };
  require(group.barcodes, "the names of its cells", "barcodes.tsv or barcodes.tsv.gz");
  require(group.features, "its genes", "features.tsv or genes.tsv, or one of them with .gz");
  Parts parts;
  parts.matrix = listing.part(group.matrix);
  parts.barcodes = listing.part(group.barcodes);
  parts.features = listing.part(group.features);
  const std::string sample = role_of(listing.names[static_cast<std::size_t>(group.matrix)]).sample;
  parts.is_cells_first = sample.starts_with("cells_x_genes") || sample == "quants_mat";
  parts.notes = std::move(notes);
  return parts;
}

Parts choose(const Listing& listing) {
  std::vector<NamedParts> groups = group_by_sample(listing.names);
  std::vector<std::string> notes;
  drop_raw(listing, groups, notes);
  if (groups.empty()) {
    throw core::InputError(
        {.file = listing.shown.string(),
         .found = listing.names.empty() ? "holds no matrix of cells that sctab reads"
                                        : fmt::format("holds {} but no matrix", listing.names.front()),
         .expected = "matrix.mtx, barcodes.tsv, and features.tsv or genes.tsv, each with .gz or without"});
  }
  if (groups.size() > 1) refuse_several(listing, groups);
  return parts_of(listing, groups.front(), std::move(notes));
}

/// A matrix that is named itself, with the files next to it.
Parts parts_next_to(const fs::path& matrix) {
  std::vector<std::string> folders;
  Listing listing{
      .shown = matrix.parent_path().empty() ? fs::path(".") : matrix.parent_path(), .is_archive = false, .names = {}};
  list_level(listing.shown, "", listing, folders);
  const std::string name = matrix.filename().string();
  std::erase(listing.names, name);  // whatever it is called, it is the matrix
  listing.names.push_back(is_matrix(name) ? name : "matrix.mtx");
  listing.named = matrix;
  const auto last = static_cast<int>(listing.names.size()) - 1;
  return parts_of(listing, parts_of_matrix(listing.names, last), {});
}

bool is_archive(const fs::path& path) {
  constexpr std::size_t kHeader = 512;
  try {
    std::array<std::byte, kHeader> first{};
    const std::size_t n = streams::open_stream(path)->read(first);
    return tar::is_header(std::span(first).first(n));
  } catch (const core::InputError&) {
    return false;
  }
}

/// By its name, for one that is damaged.
bool is_named_archive(const fs::path& path) {
  const std::string name = path.filename().string();
  return std::ranges::any_of(std::array{".tar", ".tar.gz", ".tgz"},
                             [&](const char* end) { return name.ends_with(end); });
}

}  // namespace

bool has_tissue_positions(const fs::path& folder) {
  const fs::path here = (fs::absolute(folder) / "").lexically_normal().parent_path();
  for (const fs::path& spatial : {here / "spatial", here.parent_path() / "spatial"}) {
    std::error_code error;
    for (fs::directory_iterator entry(spatial, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      if (entry->path().filename().string().starts_with(kTissuePositions)) return true;
    }
  }
  return false;
}

Parts find_parts(const fs::path& path) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  bool has_spots = false;
  Parts parts;
  if (is_folder) {
    parts = choose(list_folder(path));
  } else if (is_archive(path) || is_named_archive(path)) {
    parts = choose(list_archive(path, has_spots));
  } else {
    parts = parts_next_to(path);
  }
  parts.has_spots = has_spots || (parts.matrix.member.empty() && has_tissue_positions(parts.matrix.file.parent_path()));
  note_raw(parts);
  return parts;
}

bool recognises(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return is_matrix_market(path) || is_archive(path);
  try {
    return !list_folder(path).names.empty();
  } catch (const core::InputError&) {
    return false;
  }
}

}  // namespace sctab::mtx
