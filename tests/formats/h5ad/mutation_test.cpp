// Damage of each kind to files of each kind: an error or an answer, and never a crash, a hang or an error of ours.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/h5ad/example_files.hpp"
#include "formats/h5ad/structure_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/annotated_copy.hpp"
#include "sctab/formats/hdf5/array_reader.hpp"
#include "sctab/formats/hdf5/text_reader.hpp"
#include "sctab/formats/hdf5/value.hpp"
#include "sctab/formats/hdf5/write.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using sctab::tests::TemporaryFolder;

/// Reads what an object holds, as far as the program reads such things.
void read_object(hid_t file, const std::string& path) {
  const hdf5::Handle object = hdf5::owned(H5Oopen(file, path.c_str(), H5P_DEFAULT), file, "cannot be opened");
  formats::Strings attributes;
  const auto keep = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<formats::Strings*>(out)->emplace_back(name);
    return 0;
  };
  hdf5::checked(H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &attributes), object.id(),
                "no attributes");
  for (const std::string& name : attributes) {
    (void)hdf5::texts_attribute(object.id(), name.c_str());
    (void)hdf5::integers_attribute(object.id(), name.c_str());
  }
  if (H5Iget_type(object.id()) != H5I_DATASET) return;
  hdf5::Handle dataset = hdf5::open_dataset(file, path);
  const auto kind = hdf5::element_type(dataset.id()).kind;
  if (kind == hdf5::ElementType::Kind::kText) {
    (void)hdf5::read_texts(dataset.id());
  } else if (kind == hdf5::ElementType::Kind::kNumber && hdf5::dimensions(dataset.id()).size() == 1) {
    (void)hdf5::read_numbers<double>(std::move(dataset));
  }
}

/// Reads all objects, each by itself: what stops one must not hide the next.
void read_objects(const std::filesystem::path& path) {
  const hdf5::Lock lock;
  const hdf5::Handle file = hdf5::open_file(path, hdf5::Access::kRead);
  formats::Strings names;
  const auto keep = [](hid_t, const char* name, const H5O_info_t*, void* out) -> herr_t {
    static_cast<formats::Strings*>(out)->emplace_back(name);
    return 0;
  };
  hdf5::checked(H5Ovisit2(file.id(), H5_INDEX_NAME, H5_ITER_INC, keep, &names, H5O_INFO_BASIC), file.id(),
                "cannot be listed");
  for (const std::string& name : names) {
    try {
      read_object(file.id(), name);
    } catch (const core::InputError&) {  // as it should be
    }
  }
}

/// Adds, replaces and removes, as results are written to a copy.
void write_objects(const std::filesystem::path& path) {
  const hdf5::Lock lock;
  hdf5::Handle file = hdf5::open_file(path, hdf5::Access::kReadWrite);
  try {
    for (int i = 0; i < 3; ++i)
      (void)hdf5::create_mapping(file.id(), "new " + std::to_string(i), hdf5::Encoding::kCurrent);
    for (const char* name : {"links", "attributes", "texts", "growing", "chunks gzip"}) {
      if (!hdf5::exists(file.id(), name)) continue;
      if (hdf5::is_group(file.id(), name))
        hdf5::set_texts(hdf5::open_group(file.id(), name).id(), "column-order", {"a", "b"});
      if (hdf5::is_group(file.id(), name))
        (void)hdf5::write_texts(hdf5::open_group(file.id(), name).id(), "added", {"x"}, hdf5::Encoding::kCurrent);
      hdf5::remove(file.id(), name);
    }
  } catch (const core::InputError&) {
    hdf5::abandon_file(file);
    throw;
  }
  hdf5::close_file(file, path);
}

void add_results(const std::filesystem::path& path) {
  Appender results(path);
  results.put_obs({"new", formats::Reals(137, 1.0)});
  results.put_obs({"donor", formats::Reals(137, 1.0)});
  results.put_uns("sctab", nlohmann::json::object({{"version", "1"}}));
  results.close();
}

template <typename Work>
void expect_error_or_answer(const std::filesystem::path& path, Work work) {
  try {
    work(path);
  } catch (const core::InputError& error) {
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

using Reading = void (*)(const std::filesystem::path&);

void expect_survival(const std::filesystem::path& original, std::size_t n, Reading read, Reading write) {
  SCOPED_TRACE(original.filename().string());
  const TemporaryFolder folder;
  const std::string whole = sctab::tests::read_bytes(original);
  const auto structures = signed_structures(whole);
  const std::filesystem::path path = folder / "a.h5ad";
  const std::string fate = fate_of(n, 60, [&](std::size_t step) {
    core::Rng rng = core::Rng(13).child(original.filename().string(), step);
    sctab::tests::write_bytes(path, mutate(whole, structures, rng));
    expect_error_or_answer(path, read);
    expect_error_or_answer(path, write);
  });
  EXPECT_EQ(fate, "");
}

TEST(Mutations, OfEveryStructure) {
  SCTAB_NEED_PYTHON_ANNDATA();
  for (const char* name :
       {"earliest-types", "earliest-links", "earliest-chunks", "latest-types", "latest-links", "latest-chunks",
        "ordered-links", "behind-a-block-types", "paged-links", "persistent-links"}) {
    expect_survival(structure_folder() / (std::string(name) + ".h5"), 25, read_objects, write_objects);
  }
}

TEST(Mutations, OfCells) {
  SCTAB_NEED_PYTHON_ANNDATA();
  for (const char* name :
       {"csr-f4", "csr-gzip", "csc-lzf", "dense-f4", "dense-gzip", "legacy", "csr-latest", "records", "records-gzip"}) {
    expect_survival(example_file(name), 20, read_everything, add_results);
  }
}

}  // namespace
}  // namespace sctab::h5ad
