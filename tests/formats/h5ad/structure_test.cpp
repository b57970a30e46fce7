#include "sctab/formats/hdf5/structure/check.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "formats/h5ad/example_files.hpp"
#include "formats/h5ad/structure_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/codecs/checksums.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/structure/lookup3.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using sctab::tests::TemporaryFolder;

bool passes(const std::filesystem::path& path) {
  const core::FileDescriptor file = core::FileDescriptor::open(path, O_RDONLY);
  return hdf5::structure::check_structure(file.get(), path.string());
}

TEST(Structure, AllThatLibhdf5WritesPasses) {
  SCTAB_NEED_PYTHON_ANNDATA();
  int n_files = 0;
  for (const auto& file : std::filesystem::directory_iterator(structure_folder())) {
    EXPECT_NO_THROW(EXPECT_TRUE(passes(file.path()))) << file.path();
    ++n_files;
  }
  EXPECT_EQ(n_files, 25);
  for (const auto& file : std::filesystem::directory_iterator(example_folder())) {
    EXPECT_NO_THROW(EXPECT_TRUE(passes(file.path()))) << file.path();
  }
}

TEST(Structure, RealFilesPass) {
  SCTAB_NEED_SHARED(folder, "data");
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string extension = file.path().extension().string();
    if (extension != ".h5ad" && extension != ".h5") continue;
    EXPECT_NO_THROW(EXPECT_TRUE(passes(file.path()))) << file.path();
  }
}

TEST(Structure, WhatIsNotHdf5IsToldApart) {
  const TemporaryFolder folder;
  for (const char* content : {"", "HDF", "cell,gene,count\n"}) {
    sctab::tests::write_bytes(folder / "a.h5", content);
    EXPECT_FALSE(passes(folder / "a.h5"));
  }
}

TEST(Structure, ErrorsNameTheObject) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  std::string whole = sctab::tests::read_bytes(structure_folder() / "earliest-links.h5");
  const std::size_t at = whole.find("SNOD", whole.find("SNOD") + 1);
  ASSERT_NE(at, std::string::npos);
  whole[at] = 'X';
  sctab::tests::write_bytes(folder / "a.h5", whole);
  SCTAB_EXPECT_THROW_WITH(passes(folder / "a.h5"), core::InputError, "a.h5: links: is damaged: names of a group",
                          "it does not begin as one", "copy or download the file again");
}

/// Files of which every byte counts are checked for each of their bytes.
TEST(Structure, ChecksumsGuardNewFiles) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  const std::string whole = sctab::tests::read_bytes(structure_folder() / "latest-links.h5");
  const auto structures = signed_structures(whole);
  EXPECT_GT(structures.size(), 20U);
  for (const SignedStructure& structure : structures) {
    std::string damaged = whole;
    damaged[structure.begin + structure.n_bytes / 2] ^= 1;
    sctab::tests::write_bytes(folder / "a.h5", damaged);
    EXPECT_THROW(passes(folder / "a.h5"), core::InputError) << whole.substr(structure.begin, 4);
  }
}

TEST(Lookup3, KnownValues) {
  const auto hash = [](std::string_view text) { return hdf5::structure::lookup3(std::as_bytes(std::span(text))); };
  EXPECT_EQ(hash(""), 0xdeadbeefU);
  EXPECT_EQ(hash("Four score and seven years ago"), 0x17770551U);  // of its author's own test
}

TEST(Fletcher32, IsThatOfHdf5) {
  // Words 0x0102 and 0x0304, sums 0x0406 and 0x0102 + 0x0406.
  std::vector<std::byte> bytes;
  for (const int value : {1, 2, 3, 4, 0x06, 0x04, 0x08, 0x05}) bytes.push_back(static_cast<std::byte>(value));
  EXPECT_TRUE(codecs::has_fletcher32(bytes));
  bytes[2] = std::byte{0};
  EXPECT_FALSE(codecs::has_fletcher32(bytes));
  EXPECT_FALSE(codecs::has_fletcher32(std::span(bytes).first(3)));
}

}  // namespace
}  // namespace sctab::h5ad
