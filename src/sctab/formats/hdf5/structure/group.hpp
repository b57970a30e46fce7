#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sctab/formats/hdf5/structure/object_header.hpp"
#include "sctab/formats/hdf5/structure/superblock.hpp"

namespace sctab::hdf5::structure {

/// A name in a group for an object of the file.
struct HardLink {
  std::string name;
  std::uint64_t object = 0;
};

/// The hard links of a group, however it keeps them; none of an object that is no group. Soft links, which lead to a
/// path and so to a hard link, are checked and left out. Throws InputError where a link is damaged, and naming the
/// target where it leads into another file.
std::vector<HardLink> read_links(FileImage& file, const ObjectHeader& header, const Superblock& superblock);

}  // namespace sctab::hdf5::structure
