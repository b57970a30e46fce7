#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sctab/formats/mtx/part.hpp"

namespace sctab::mtx {

/// The three files of a matrix of cells.
struct Parts {
  Part matrix, barcodes, features;
  bool is_cells_first = false;     // by its name: kallisto bustools and alevin-fry write cells × genes
  bool has_spots = false;          // files of Space Ranger lie next to it
  std::vector<std::string> notes;  // what was left aside
};

/// Finds them from what a user names: a folder that holds them, one above it, a matrix among other files, or a tar
/// archive, gzipped or not, of any of these. Files belong together by what stands before "matrix.mtx", "barcodes.tsv"
/// and "features.tsv" or "genes.tsv", with or without .gz: GEO has "GSM123_sample1_matrix.mtx.gz". Of Cell Ranger's raw
/// and filtered matrices the filtered one is taken. Throws InputError where one is missing, and where there are several
/// matrices, listing them.
Parts find_parts(const std::filesystem::path& path);

/// Whether find_parts() has something to find: a folder with a matrix or what belongs to one, in itself or below, a
/// Matrix Market file or a tar archive.
bool recognises(const std::filesystem::path& path);

/// Whether Space Ranger's tissue positions are in the folder `spatial` in this folder or next to it.
bool has_tissue_positions(const std::filesystem::path& folder);
inline constexpr const char* kSpotsNote =
    "these are spots of a tissue section (Space Ranger): each is a mixture of cells, so its label is that of what "
    "prevails";

}  // namespace sctab::mtx
