#pragma once

#include <filesystem>
#include <string>

#include "support/h5ad_file.hpp"

namespace sctab::tests {

/// An ontology with the types of distinct_types_file() below native cell, and a list of its genes.
void write_test_ontology(const std::filesystem::path& path);
void write_test_genes(const std::filesystem::path& path);

/// Removes an object of an HDF5 file ("X").
void remove_object(const std::filesystem::path& path, const std::string& object);

}  // namespace sctab::tests
