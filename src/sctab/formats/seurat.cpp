#include "sctab/formats/seurat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::formats {
namespace {

std::string first_bytes(const std::filesystem::path& path) {
  std::array<std::byte, 8> bytes{};
  try {
    const std::size_t n = streams::open_stream(path)->read(bytes);
    std::string text;
    for (std::size_t i = 0; i < n; ++i) text.push_back(static_cast<char>(bytes[i]));
    return text;
  } catch (const core::InputError&) {
    return {};  // whoever opens it says what is wrong
  }
}

bool has_r_ending(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return ending == ".rds" || ending == ".rda" || ending == ".rdata";
}

/// The name as R reads it in double quotes.
std::string quoted_name(const std::filesystem::path& path, std::string_view stand_in) {
  constexpr std::size_t kLongest = 60;  // so that the lines fit in a message
  std::string name = path.filename().string();
  const bool plain = std::ranges::none_of(name, [](char c) { return c == '"' || c == '\\' || (c >= 0 && c < ' '); });
  return fmt::format("\"{}\"", plain && name.size() <= kLongest ? std::string_view(name) : stand_in);
}

/// The two lines of docs/seurat.md.
std::string next_step(std::string_view first_line, std::string_view matrix, std::string_view genes,
                      std::string_view cells) {
  return fmt::format(
      "run in R: {}; dir.create(\"cells\"); Matrix::writeMM({}, \"cells/matrix.mtx\"); write({}, \"cells/genes.tsv\"); "
      "write({}, \"cells/barcodes.tsv\") and annotate the folder cells (see docs/seurat.md)",
      first_line, matrix, genes, cells);
}

}  // namespace

bool is_r_file(const std::filesystem::path& path) {
  using namespace std::string_view_literals;
  constexpr std::array kSerialised = {"X\n\0\0\0"sv, "B\n\0\0\0"sv, "B\n\2\0\0"sv, "B\n\3\0\0"sv, "A\n2\n"sv,
                                      "A\n3\n"sv,    "RDX2\n"sv,    "RDX3\n"sv,    "RDA2\n"sv,    "RDA3\n"sv};
  const std::string bytes = first_bytes(path);
  if (std::ranges::any_of(kSerialised, [&](std::string_view each) { return bytes.starts_with(each); })) return true;
  const bool packed = bytes.starts_with("BZh") || bytes.starts_with("\xFD\x37zXZ"sv);
  return packed && has_r_ending(path);
}

void refuse_r_file(const std::filesystem::path& path) {
  const std::string read = fmt::format("obj <- readRDS({}); m <- Seurat::GetAssayData(obj[[\"RNA\"]], \"counts\")",
                                       quoted_name(path, "FILE.rds"));
  throw core::InputError({.file = path.string(),
                          .found = "is a file of R, as Seurat objects are saved, and sctab does not read R's objects",
                          .next_step = next_step(read, "m", "rownames(m)", "colnames(m)")});
}

void refuse_h5seurat(const std::filesystem::path& path) {
  const std::string read = fmt::format("h <- hdf5r::h5file({}); a <- h[[\"assays/RNA\"]]; m <- a[[\"counts\"]]",
                                       quoted_name(path, "FILE.h5Seurat"));
  throw core::InputError(
      {.file = path.string(),
       .found = "is an h5Seurat file, which sctab does not read",
       .next_step = next_step(read,
                              "Matrix::sparseMatrix(i=m[[\"indices\"]][], p=m[[\"indptr\"]][], x=m[[\"data\"]][], "
                              "dims=hdf5r::h5attr(m, \"dims\"), index1=FALSE)",
                              "a[[\"features\"]][]", "h[[\"cell.names\"]][]")});
}

}  // namespace sctab::formats
