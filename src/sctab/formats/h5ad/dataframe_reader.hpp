#pragma once

#include <memory>
#include <string>

#include "sctab/formats/anndata/dataframe_reader.hpp"
#include "sctab/formats/hdf5/group.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::h5ad {

/// A dataframe of an HDF5 file that is open already. The caller holds the hdf5::Lock.
class DataframeReader : public anndata::DataframeReader {
 public:
  /// parent: the group that holds it and what belongs to it (uns). Throws InputError as its base does.
  DataframeReader(hid_t parent, const std::string& path)
      : anndata::DataframeReader(std::make_shared<hdf5::Group>(hdf5::open_group(parent, ".")), path, "uns") {}
};

}  // namespace sctab::h5ad
