#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sctab::mtx {

/// What a file is to a matrix, by its name.
enum class Role { kNone, kMatrix, kBarcodes, kFeatures };

struct FileRole {
  Role role = Role::kNone;
  std::string folder;       // what stands before its name, "filtered_feature_bc_matrix"
  std::string sample;       // the part of its name before the role: "GSM123_sample1"; may be empty
  bool is_packed = false;   // .gz
  bool is_features = true;  // features.tsv rather than genes.tsv, where a folder has both
};
/// name: with folders, as in a folder or an archive: "a/GSM123_sample1_matrix.mtx.gz".
FileRole role_of(std::string_view name);

/// A matrix and the files that go with it, as positions in a list of names; -1: there is none.
struct NamedParts {
  int matrix = -1, barcodes = -1, features = -1;
};

/// The files that go with one of the matrices: those of the same folder and the same sample, or the only ones of the
/// folder; but never names of cells that are another matrix's.
NamedParts parts_of_matrix(std::span<const std::string> names, int matrix);
/// The matrices among these names, each with its files. Where a folder has matrix.mtx, others that have no names of
/// cells of their own are not among them: they count the same cells in other ways.
std::vector<NamedParts> group_by_sample(std::span<const std::string> names);

}  // namespace sctab::mtx
