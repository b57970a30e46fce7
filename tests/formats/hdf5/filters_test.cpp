#include "sctab/formats/hdf5/filters.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "formats/codecs/codec_bytes.hpp"
#include "formats/codecs/encoders.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/shuffle.hpp"
#include "sctab/formats/hdf5/array_reader.hpp"
#include "sctab/formats/hdf5/chunk_decoder.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/text_reader.hpp"
#include "support/fixtures.hpp"

namespace sctab::hdf5::tests {
namespace {

using codecs::Bitshuffle;
using codecs::tests::Bytes;
using core::InputError;

/// A filter as a file lists it, and what it does to a chunk of elements of `size` bytes.
struct Stage {
  H5Z_filter_t id = 0;
  std::vector<unsigned> values{};
  std::function<Bytes(const Bytes&, std::size_t size)> apply{};
};

const Stage kShuffle = {H5Z_FILTER_SHUFFLE, {4}, [](const Bytes& bytes, std::size_t size) {
                          Bytes out = bytes;
                          const auto n = bytes.size() / size * size;
                          codecs::shuffle_bytes(std::span(bytes).first(n), size, std::span(out).first(n));
                          return out;
                        }};
const Stage kGzip = {H5Z_FILTER_DEFLATE, {4}, [](const Bytes& bytes, std::size_t) {
                       return codecs::tests::deflated(bytes, libdeflate_zlib_compress);
                     }};
const Stage kZstd = {32'015, {3}, [](const Bytes& bytes, std::size_t) { return codecs::tests::zstandard(bytes); }};
const Stage kLz4 = {
    32'004, {0}, [](const Bytes& bytes, std::size_t) { return codecs::tests::lz4_of_hdf5(bytes, 256); }};
const Stage kBzip2 = {307, {9}, [](const Bytes& bytes, std::size_t) { return codecs::tests::bzipped(bytes); }};
const Stage kFletcher32 = {H5Z_FILTER_FLETCHER32, {}, [](const Bytes& bytes, std::size_t) {
                             std::uint64_t first = 0, second = 0;
                             for (std::size_t i = 0; i < bytes.size(); i += 2) {
                               first += std::to_integer<std::uint64_t>(bytes[i]) << 8U;
                               if (i + 1 < bytes.size()) first += std::to_integer<std::uint64_t>(bytes[i + 1]);
                               first %= 65'535;
                               second = (second + first) % 65'535;
                             }
                             Bytes out = bytes;
                             codecs::tests::append_number(out, second << 16U | first, 4, std::endian::little);
                             return out;
                           }};

Stage blosc(const char* inner, int shuffle) {
  return {32'001, {2, 2, 4, 0, 5, 1, 0}, [=](const Bytes& bytes, std::size_t size) {
            return codecs::tests::blosc(bytes, {.inner = inner, .shuffle = shuffle, .element_size = size});
          }};
}

Stage bitshuffle(Bitshuffle::Inner inner, unsigned size, unsigned block = 64) {
  const unsigned compressor = inner == Bitshuffle::Inner::kNone ? 0 : inner == Bitshuffle::Inner::kLz4 ? 2 : 3;
  return {32'008, {0, 4, size, block, compressor}, [=](const Bytes& bytes, std::size_t element_size) {
            return codecs::tests::bitshuffled(bytes,
                                              {.element_size = element_size, .block_elements = block, .inner = inner});
          }};
}

class FiltersTest : public testing::Test {
 protected:
  FiltersTest() : file_(H5Fcreate((folder_ / "x.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}

  /// A dataset of this extent in chunks, behind the filters, of which libhdf5 knows few and applies none.
  Handle create(const Handle& type, const std::vector<hsize_t>& extent, const std::vector<hsize_t>& chunk,
                const std::vector<Stage>& stages, unsigned options = 0) {
    const Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    EXPECT_GE(H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data()), 0);
    EXPECT_GE(H5Pset_chunk_opts(properties.id(), options), 0);
    for (const Stage& stage : stages) {
      EXPECT_GE(H5Pset_filter(properties.id(), stage.id, H5Z_FLAG_OPTIONAL, stage.values.size(), stage.values.data()),
                0);
    }
    name_ = "d" + std::to_string(n_datasets_++);
    return Handle(
        H5Dcreate2(file_.id(), name_.c_str(), type.id(), space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT));
  }

  /// The elements in chunks, the last one filled up; change: what befalls the first stored chunk.
  Handle write(const Handle& type, const Bytes& elements, std::size_t chunk, const std::vector<Stage>& stages,
               const std::function<void(Bytes&)>& change = {}) {
    const std::size_t size = H5Tget_size(type.id());
    Handle dataset = create(type, {elements.size() / size}, {chunk}, stages);
    for (std::size_t begin = 0; begin < elements.size() / size; begin += chunk) {
      Bytes bytes(elements.begin() + static_cast<std::ptrdiff_t>(begin * size),
                  elements.begin() + static_cast<std::ptrdiff_t>(std::min(elements.size(), (begin + chunk) * size)));
      bytes.resize(chunk * size);
      for (const Stage& stage : stages) bytes = stage.apply(bytes, size);
      if (begin == 0 && change) change(bytes);
      write_chunk(dataset, {begin}, bytes);
    }
    return reopened(dataset);
  }

  /// Of a chunk that was just written, libhdf5 does not know which filters it left out.
  Handle reopened(Handle& dataset) {
    dataset.reset();
    EXPECT_GE(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL), 0);
    return open_dataset(file_.id(), name_);
  }

  static void write_chunk(const Handle& dataset, const std::vector<hsize_t>& begin, const Bytes& bytes,
                          std::uint32_t left_out = 0) {
    ASSERT_GE(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, left_out, begin.data(), bytes.size(), bytes.data()), 0);
  }

  template <typename Number>
  static Bytes bytes_of(const std::vector<Number>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    return {bytes.begin(), bytes.end()};
  }

  sctab::tests::TemporaryFolder folder_;
  Lock lock_;
  Handle file_;
  std::string name_;
  int n_datasets_ = 0;
};

std::vector<std::int32_t> counts(std::size_t n) {
  core::Rng rng(n);
  std::vector<std::int32_t> values(n);
  for (auto& value : values) value = static_cast<std::int32_t>(rng.below(rng.below(20) == 0 ? 100'000 : 4));
  return values;
}

std::vector<std::vector<Stage>> pipelines() {
  using Inner = Bitshuffle::Inner;
  std::vector<std::vector<Stage>> all = {{kGzip},
                                         {kShuffle, kGzip},
                                         {kZstd},
                                         {kShuffle, kZstd},
                                         {kLz4},
                                         {kShuffle, kLz4, kFletcher32},
                                         {kFletcher32, kShuffle, kZstd},
                                         {kBzip2},
                                         {bitshuffle(Inner::kNone, 4)},
                                         {bitshuffle(Inner::kNone, 4, 0)},
                                         {bitshuffle(Inner::kNone, 4), kZstd},
                                         {bitshuffle(Inner::kLz4, 4)},
                                         {bitshuffle(Inner::kZstd, 4), kFletcher32},
                                         {kLz4, kGzip},
                                         {kShuffle, kZstd, kFletcher32, kGzip, kShuffle}};
  all[9][0] = bitshuffle(Inner::kNone, 4, 2048);  // as many as it chooses where the file says 0
  all[9][0].values[3] = 0;
  for (const char* inner : {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"}) {
    for (const int shuffle : {BLOSC_NOSHUFFLE, BLOSC_SHUFFLE, BLOSC_BITSHUFFLE}) all.push_back({blosc(inner, shuffle)});
  }
  return all;
}

std::string described(const std::vector<Stage>& stages) {
  std::string text;
  for (const Stage& stage : stages) text += " " + std::to_string(stage.id);
  return text;
}

TEST_F(FiltersTest, NumbersBehindEveryFilter) {
  const auto values = counts(2500);
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  for (const auto& stages : pipelines()) {
    SCOPED_TRACE(described(stages));
    EXPECT_EQ(read_numbers<std::int32_t>(write(type, bytes_of(values), 1000, stages)), values);
  }
}

TEST_F(FiltersTest, ElementsOfEverySize) {
  using Inner = Bitshuffle::Inner;
  const auto expect = [&]<typename Number>(Number, hid_t type_id) {
    std::vector<Number> values;
    for (const std::int32_t value : counts(999)) values.push_back(static_cast<Number>(value % 100));
    const auto size = static_cast<unsigned>(sizeof(Number));
    const Handle type(H5Tcopy(type_id));
    for (const auto& stages : std::vector<std::vector<Stage>>{{bitshuffle(Inner::kNone, size)},
                                                              {bitshuffle(Inner::kLz4, size)},
                                                              {bitshuffle(Inner::kZstd, size)},
                                                              {blosc("lz4", BLOSC_BITSHUFFLE)},
                                                              {kShuffle, kZstd}}) {
      SCOPED_TRACE(described(stages) + ", elements of " + std::to_string(size));
      const std::vector<double> expected(values.begin(), values.end());
      EXPECT_EQ(read_numbers<double>(write(type, bytes_of(values), 333, stages)), expected);
    }
  };
  expect(std::int8_t{}, H5T_STD_I8LE);
  expect(std::uint16_t{}, H5T_STD_U16LE);
  expect(float{}, H5T_IEEE_F32LE);
  expect(double{}, H5T_IEEE_F64LE);
  expect(std::int64_t{}, H5T_STD_I64LE);
}

// libhdf5 has szip's encoder, and writes what ours reads.
TEST_F(FiltersTest, Szip) {
  const auto values = counts(2500);
  for (const unsigned option : {H5_SZIP_NN_OPTION_MASK, H5_SZIP_EC_OPTION_MASK}) {
    for (const unsigned block : {4U, 8U, 32U}) {
      const hsize_t n = values.size(), chunk = 999;
      const Handle space(H5Screate_simple(1, &n, nullptr)), properties(H5Pcreate(H5P_DATASET_CREATE));
      H5Pset_chunk(properties.id(), 1, &chunk);
      ASSERT_GE(H5Pset_szip(properties.id(), option, block), 0);
      const std::string name = "szip" + std::to_string(option) + "-" + std::to_string(block);
      const Handle dataset(
          H5Dcreate2(file_.id(), name.c_str(), H5T_STD_I32LE, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT));
      ASSERT_GE(H5Dwrite(dataset.id(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
      ASSERT_GE(H5Dflush(dataset.id()), 0);
      EXPECT_LT(H5Dget_storage_size(dataset.id()), n * 4) << "it was not applied";
      EXPECT_EQ(read_numbers<std::int32_t>(open_dataset(file_.id(), name)), values);
    }
  }
}

TEST_F(FiltersTest, ChunksThatSkipThem) {
  const auto values = counts(10);
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  Handle dataset = create(type, {10}, {10}, {kShuffle, kZstd});
  write_chunk(dataset, {0}, kShuffle.apply(bytes_of(values), 4), 2);
  EXPECT_EQ(read_numbers<std::int32_t>(reopened(dataset)), values);
}

TEST_F(FiltersTest, PartialChunksThatAreNotFiltered) {
  const auto values = counts(25);
  const Handle newest(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_libver_bounds(newest.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  file_ = Handle(H5Fcreate((folder_ / "new.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, newest.id()));
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  Handle dataset = create(type, {25}, {10}, {kShuffle, kGzip}, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
  ASSERT_GE(H5Dwrite(dataset.id(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  EXPECT_EQ(read_numbers<std::int32_t>(reopened(dataset)), values);
}

// HDF5 2.0 calls bitshuffle so for text of variable length.
TEST_F(FiltersTest, BitsOfElementsThatAreNone) {
  const auto values = counts(96);
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  Stage stage = bitshuffle(Bitshuffle::Inner::kNone, 3, 2728);
  stage.values = {512, 3, 3};
  stage.apply = [apply = stage.apply](const Bytes& bytes, std::size_t) { return apply(bytes, 3); };
  EXPECT_EQ(read_numbers<std::int32_t>(write(type, bytes_of(values), 48, {stage})), values);
}

TEST_F(FiltersTest, RowsOfMatrices) {
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  const auto stage = bitshuffle(Bitshuffle::Inner::kLz4, 4, 8);
  Handle dataset = create(type, {5, 7}, {3, 4}, {stage});
  for (const hsize_t row : {0, 3}) {
    for (const hsize_t gene : {0, 4}) {
      write_chunk(dataset, {row, gene},
                  stage.apply(bytes_of(std::vector<std::int32_t>(12, static_cast<int>(row + gene))), 4));
    }
  }
  const Handle written = reopened(dataset);
  const ChunkDecoder decoder(written.id(), 4);
  ChunkDecoder::Scratch scratch;
  std::vector<std::int32_t> out(12);
  EXPECT_TRUE(decoder.decode(std::array<hsize_t, 2>{3, 4}, std::as_writable_bytes(std::span(out)), scratch));
  EXPECT_EQ(out, std::vector<std::int32_t>(12, 7));
}

TEST_F(FiltersTest, Texts) {
  const Handle fixed(H5Tcopy(H5T_C_S1));
  H5Tset_size(fixed.id(), 4);
  std::string letters;
  const formats::Strings expected = {"CD4", "B", "NK", "mono"};
  for (const auto& text : expected) letters += (text + std::string(4, '\0')).substr(0, 4);
  Bytes elements;
  for (const char c : letters) elements.push_back(static_cast<std::byte>(c));
  for (const auto& stage : {kZstd, kLz4, blosc("zstd", BLOSC_SHUFFLE), bitshuffle(Bitshuffle::Inner::kLz4, 4)}) {
    EXPECT_EQ(read_texts(write(fixed, elements, 3, {stage}).id()), expected) << stage.id;
  }
}

/// References into heaps, as a dataset without filters has them, behind filters.
TEST_F(FiltersTest, TextsOfVariableLength) {
  const formats::Strings expected = {"CD4-positive, alpha-beta T cell", "", "B cell"};
  const Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  const Handle plain = create(type, {3}, {3}, {});
  const std::vector<const char*> texts = {expected[0].c_str(), expected[1].c_str(), expected[2].c_str()};
  ASSERT_GE(H5Dwrite(plain.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), 0);
  ASSERT_GE(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL), 0);
  Bytes references(H5Dget_storage_size(plain.id()));
  const hsize_t begin = 0;
  std::uint32_t left_out = 0;
  ASSERT_GE(H5Dread_chunk(plain.id(), H5P_DEFAULT, &begin, &left_out, references.data()), 0);
  const auto size = static_cast<unsigned>(references.size() / 3);
  for (const auto& stage : {kZstd, kLz4, blosc("lz4", BLOSC_SHUFFLE), bitshuffle(Bitshuffle::Inner::kZstd, size, 8)}) {
    Handle dataset = create(type, {3}, {3}, {stage});
    write_chunk(dataset, {0}, stage.apply(references, size));
    EXPECT_EQ(read_texts(reopened(dataset).id()), expected) << stage.id;
  }
}

TEST_F(FiltersTest, DamagedChunksAreNamed) {
  const auto values = counts(2500);
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  for (const auto& stages : pipelines()) {
    SCOPED_TRACE(described(stages));
    const auto cut = [](Bytes& bytes) { bytes.resize(bytes.size() / 2); };
    const auto grown = [](Bytes& bytes) { bytes.resize(5 * 4000 + 2000); };
    SCTAB_EXPECT_THROW_WITH(read_numbers<double>(write(type, bytes_of(values), 1000, stages, cut)), InputError, "x.h5",
                            name_, "the chunk of element 0 is damaged", "copy or download the file again");
    SCTAB_EXPECT_THROW_WITH(read_numbers<double>(write(type, bytes_of(values), 1000, stages, grown)), InputError,
                            "x.h5", name_, "a chunk has an impossible size");
  }
}

TEST_F(FiltersTest, ChunksOfAnotherSizeAreRefused) {
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  for (const auto& stages : pipelines()) {
    SCOPED_TRACE(described(stages));
    for (const std::size_t n : {1, 999, 1001}) {
      Handle dataset = create(type, {1000}, {1000}, stages);
      Bytes bytes = bytes_of(counts(n));
      for (const Stage& stage : stages) bytes = stage.apply(bytes, 4);
      write_chunk(dataset, {0}, bytes);
      SCTAB_EXPECT_THROW_WITH(read_numbers<double>(reopened(dataset)), InputError, "is damaged");
    }
  }
}

TEST_F(FiltersTest, OthersAreNamed) {
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  const auto expect_named = [&](H5Z_filter_t id, const std::string& what) {
    Handle dataset = create(type, {10}, {10}, {Stage{.id = id}});
    write_chunk(dataset, {0}, Bytes(40));
    SCTAB_EXPECT_THROW_WITH((void)reopened(dataset), InputError, "x.h5", what, "which sctab does not read",
                            "adata.write_h5ad(\"new.h5ad\", compression=\"gzip\")");
  };
  expect_named(32'026, "is compressed by blosc2 (HDF5 filter 32026)");
  expect_named(32'013, "is compressed by zfp (HDF5 filter 32013)");
  expect_named(40'000, "is compressed by HDF5 filter 40000");
}

TEST_F(FiltersTest, SettingsThatCannotBe) {
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  const auto expect_refused = [&](const Stage& stage, const std::string& what) {
    Handle dataset = create(type, {10}, {10}, {stage});
    write_chunk(dataset, {0}, Bytes(40));
    SCTAB_EXPECT_THROW_WITH(read_numbers<double>(reopened(dataset)), InputError, "x.h5", what);
  };
  expect_refused({.id = 32'008}, "the chunk of element 0 is damaged");
  expect_refused({.id = 32'008, .values = {0, 4}}, "the chunk of element 0 is damaged");
  expect_refused({.id = 32'008, .values = {0, 4, 4, 0, 9}}, "bitshuffle with compressor 9");
  expect_refused({.id = 32'008, .values = {0, 4, 4, 7, 0}}, "the chunk of element 0 is damaged");
  expect_refused({.id = H5Z_FILTER_SZIP}, "the chunk of element 0 is damaged");
}

/// A column of ones, of which Zstandard makes next to nothing.
TEST_F(FiltersTest, ValuesThatShrinkToNothing) {
  const std::vector<std::int32_t> ones(40'000'000, 1);
  const Handle type(H5Tcopy(H5T_STD_I32LE));
  const auto read = read_numbers<std::int32_t>(write(type, bytes_of(ones), 4'000'000, {kZstd}));
  EXPECT_TRUE(read == ones);
}

}  // namespace
}  // namespace sctab::hdf5::tests
