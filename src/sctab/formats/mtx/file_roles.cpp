#include "sctab/formats/mtx/file_roles.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace sctab::mtx {
namespace {

bool cut_end(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

/// Without what joins it to the word behind it.
std::string sample_of(std::string_view text) {
  return std::string(text.substr(0, text.find_last_not_of("_-. ") + 1));
}

/// Of the names of text files, without their ending.
struct NamedRole {
  std::string_view end;
  Role role;
  bool is_features;
};
constexpr std::array kNamedRoles = {
    NamedRole{"barcodes", Role::kBarcodes, false}, NamedRole{"features", Role::kFeatures, true},
    NamedRole{"genes", Role::kFeatures, false}, NamedRole{"quants_mat_rows", Role::kBarcodes, false},
    NamedRole{"quants_mat_cols", Role::kFeatures, false}};

void find_role(std::string_view stem, FileRole& found) {
  constexpr std::string_view kAlevin = "quants_mat";
  if (cut_end(stem, ".mtx")) {
    found.role = Role::kMatrix;
    if (stem != "cells_x_genes") cut_end(stem, "matrix");
  } else if (cut_end(stem, ".mtx_cols")) {  // the Single Cell Expression Atlas
    found.role = Role::kBarcodes;
  } else if (cut_end(stem, ".mtx_rows")) {
    found.role = Role::kFeatures;
  } else if (cut_end(stem, ".tsv") || cut_end(stem, ".txt")) {
    for (const auto& [end, role, is_features] : kNamedRoles) {
      if (!stem.ends_with(end)) continue;
      stem.remove_suffix(end.size() - (end.starts_with(kAlevin) ? kAlevin.size() : 0));
      found.role = role;
      found.is_features = is_features;
      break;
    }
  }
  found.sample = sample_of(stem);
}

/// The better of two files of one role: unpacked, and features.tsv rather than genes.tsv.
bool is_better(const FileRole& a, const FileRole& b) {
  return std::pair(a.is_features, !a.is_packed) > std::pair(b.is_features, !b.is_packed);
}

/// The best file of a role in a folder: of the sample, or the only one there, which samples may share.
int find_file(std::span<const FileRole> roles, Role role, const FileRole& matrix) {
  int of_sample = -1, of_folder = -1;
  bool is_only_sample = true;
  for (int i = 0; const FileRole& each : roles) {
    const int at = i++;
    if (each.role != role || each.folder != matrix.folder) continue;
    const auto keep_better = [&](int& best) {
      if (best < 0 || is_better(each, roles[static_cast<std::size_t>(best)])) best = at;
    };
    if (each.sample == matrix.sample) keep_better(of_sample);
    if (of_folder >= 0) {
      is_only_sample = is_only_sample && roles[static_cast<std::size_t>(of_folder)].sample == each.sample;
    }
    keep_better(of_folder);
  }
  if (of_sample >= 0) return of_sample;
  return is_only_sample ? of_folder : -1;
}

/// Whether these names of cells can be the matrix's: not those of another sample in the folder.
bool can_share_barcodes(std::span<const FileRole> roles, const FileRole& barcodes, const FileRole& matrix) {
  return matrix.sample.starts_with(barcodes.sample) || std::ranges::none_of(roles, [&](const FileRole& other) {
           return other.role == Role::kMatrix && other.folder == matrix.folder && other.sample != matrix.sample;
         });
}

NamedParts group_of(std::span<const FileRole> roles, int number) {
  const FileRole& matrix = roles[static_cast<std::size_t>(number)];
  NamedParts parts = {number, find_file(roles, Role::kBarcodes, matrix), find_file(roles, Role::kFeatures, matrix)};
  if (parts.barcodes >= 0 && !can_share_barcodes(roles, roles[static_cast<std::size_t>(parts.barcodes)], matrix)) {
    parts.barcodes = -1;
  }
  return parts;
}

std::vector<FileRole> roles_of(std::span<const std::string> names) {
  std::vector<FileRole> roles;
  for (const std::string& name : names) roles.push_back(role_of(name));
  return roles;
}

}  // namespace

FileRole role_of(std::string_view name) {
  FileRole found;
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) found.folder = name.substr(0, slash);
  std::string lower(slash == std::string_view::npos ? name : name.substr(slash + 1));
  if (lower.starts_with('.')) return found;  // hidden, as macOS leaves them in archives ("._matrix.mtx")
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string_view stem = lower;
  found.is_packed = cut_end(stem, ".gz");
  find_role(stem, found);
  return found;
}

NamedParts parts_of_matrix(std::span<const std::string> names, int matrix) {
  return group_of(roles_of(names), matrix);
}

std::vector<NamedParts> group_by_sample(std::span<const std::string> names) {
  const std::vector<FileRole> roles = roles_of(names);
  std::vector<NamedParts> groups;
  for (int i = 0; const FileRole& matrix : roles) {
    const int at = i++;
    if (matrix.role != Role::kMatrix) continue;
    // Packed and not, of one name: the latter.
    const auto is_same = [&](const FileRole& other) {
      return other.role == Role::kMatrix && other.folder == matrix.folder && other.sample == matrix.sample;
    };
    if (matrix.is_packed &&
        std::ranges::any_of(roles, [&](const FileRole& other) { return is_same(other) && !other.is_packed; })) {
      continue;
    }
    groups.push_back(group_of(roles, at));
  }
  // STARsolo's matrices of other counts lie next to matrix.mtx.
  const auto is_main = [&](const NamedParts& group) {
    return role_of(names[static_cast<std::size_t>(group.matrix)]).sample.empty();
  };
  const auto has_main = [&](const NamedParts& group) {
    const std::string& folder = roles[static_cast<std::size_t>(group.matrix)].folder;
    return std::ranges::any_of(groups, [&](const NamedParts& other) {
      return is_main(other) && roles[static_cast<std::size_t>(other.matrix)].folder == folder;
    });
  };
  std::vector<NamedParts> kept;
  for (const NamedParts& group : groups) {
    const bool has_own = group.barcodes >= 0 && roles[static_cast<std::size_t>(group.barcodes)].sample ==
                                                    roles[static_cast<std::size_t>(group.matrix)].sample;
    if (is_main(group) || has_own || !has_main(group)) kept.push_back(group);
  }
  return kept;
}

}  // namespace sctab::mtx
