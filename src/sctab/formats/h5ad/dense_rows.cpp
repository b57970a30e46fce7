#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/h5ad/matrix_layout.hpp"
#include "sctab/formats/hdf5/chunk_decoder.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::h5ad {
namespace {

/// Reads rows of a dense matrix, all genes of each. The caller holds the hdf5::Lock.
class BandReader {
 public:
  BandReader(hdf5::Handle dataset, const MatrixInfo& info)
      : info_(info),
        dataset_(std::move(dataset)),
        type_(hdf5::element_type(dataset_.id())),
        stored_size_(hdf5::stored_size(type_)),
        decoder_(dataset_.id(), stored_size_) {}

  [[nodiscard]] const hdf5::ElementType& type() const { return type_; }
  /// Rows that chunks have; 1 where there are none.
  [[nodiscard]] std::int64_t rows_of_a_chunk() const {
    return decoder_.extent().empty() ? 1 : static_cast<std::int64_t>(decoder_.extent()[0]);
  }

  /// Rows [begin, begin + n) as numbers of type().
  void read(CellIndex begin, CellIndex n, std::vector<std::byte>& band) {
    const std::size_t n_values = static_cast<std::size_t>(n) * static_cast<std::size_t>(info_.n_genes);
    core::require_memory(n, info_.n_genes * static_cast<std::int64_t>(std::max(type_.size, stored_size_)),
                         hdf5::place_of(dataset_.id()));
    band.resize(n_values * std::max(type_.size, stored_size_));
    if (!band.empty() && decoder_.knows_filters() && decode(begin, n, band)) {
      if (!type_.stored_as_is) hdf5::convert_stored(dataset_.id(), type_, n_values, band);
    } else if (!band.empty()) {
      read_through_hdf5(begin, n, band);
    }
    band.resize(n_values * type_.size);
  }

 private:
  /// False where a chunk is not in the file.
  bool decode(CellIndex begin, CellIndex n, std::span<std::byte> band) {
    const auto chunk_rows = decoder_.extent()[0], chunk_genes = decoder_.extent()[1];
    const auto first = static_cast<hsize_t>(begin), end = first + static_cast<hsize_t>(n);
    const auto n_genes = static_cast<hsize_t>(info_.n_genes);
    chunk_.resize(chunk_rows * chunk_genes * stored_size_);
    for (hsize_t row = first / chunk_rows * chunk_rows; row < end; row += chunk_rows) {
      for (hsize_t gene = 0; gene < n_genes; gene += chunk_genes) {
        if (!decoder_.decode(std::array{row, gene}, chunk_, scratch_)) return false;
        const hsize_t n_copied = std::min(chunk_genes, n_genes - gene) * stored_size_;
        for (hsize_t i = std::max(row, first); i < std::min(row + chunk_rows, end); ++i) {
          const std::byte* const from = chunk_.data() + (i - row) * chunk_genes * stored_size_;
          std::memcpy(band.data() + ((i - first) * n_genes + gene) * stored_size_, from, n_copied);
        }
      }
    }
    return true;
  }

  void read_through_hdf5(CellIndex begin, CellIndex n, std::span<std::byte> band) {
    const hid_t id = dataset_.id();
    const hsize_t offset[2] = {static_cast<hsize_t>(begin), 0};
    const hsize_t count[2] = {static_cast<hsize_t>(n), static_cast<hsize_t>(info_.n_genes)};
    const hdf5::Handle from = hdf5::owned(H5Dget_space(id), id, "its size is damaged");
    (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, offset, nullptr, count, nullptr);
    const hdf5::Handle to(H5Screate_simple(2, count, nullptr));
    hdf5::checked(H5Dread(id, type_.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, band.data()), id,
                  fmt::format("cells from {} on cannot be read", begin));
  }

  MatrixInfo info_;
  hdf5::Handle dataset_;
  hdf5::ElementType type_;
  std::size_t stored_size_;
  hdf5::ChunkDecoder decoder_;
  hdf5::ChunkDecoder::Scratch scratch_;
  std::vector<std::byte> chunk_;
};

/// Reads bands of whole chunks, so that each is expanded once, where a band fits a quarter of the memory given. So must
/// the bands of a claim, whose zeros its work leaves out; of one that does not, they are left out band by band.
class DenseRows final : public formats::RowReader {
 public:
  DenseRows(hdf5::Handle dataset, const MatrixInfo& info, const formats::ReadOptions& options)
      : info_(info), bands_(std::move(dataset), info) {
    constexpr std::int64_t kLeastBandBytes = 4'000'000;
    const std::int64_t row_bytes = std::max<std::int64_t>(1, info_.n_genes * static_cast<std::int64_t>(element_size()));
    most_rows_ = std::max<std::int64_t>(1, options.memory_bytes / 4 / row_bytes);
    const std::int64_t chunk = std::min(bands_.rows_of_a_chunk(), most_rows_);
    const std::int64_t wanted = std::min(most_rows_, std::max<std::int64_t>(1, kLeastBandBytes / row_bytes));
    band_rows_ = (wanted + chunk - 1) / chunk * chunk;
  }

  /// Reads what the claim needs: one thread does, at a time. The work is to leave the zeros out.
  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    const hdf5::Lock lock;
    const CellIndex end = std::min(info_.n_cells, next_cell_ + max_cells);
    if (next_cell_ == end) return {};
    if (end - next_cell_ > most_rows_) return claim_without_zeros(end);
    std::vector<Part> parts;
    while (next_cell_ < end) parts.push_back(next_part(end));
    return [this, parts = std::move(parts)](sparse::CsrMatrix& block) {
      block.clear(info_.n_genes);
      for (const Part& part : parts) append(part, block);
    };
  }

 private:
  using Band = std::vector<std::byte>;
  struct Part {
    std::shared_ptr<const Band> band;
    std::int64_t first_row, n_rows;
  };

  Work claim_without_zeros(CellIndex end) {
    const auto cells = std::make_shared<sparse::CsrMatrix>();
    cells->clear(info_.n_genes);
    while (next_cell_ < end) append(next_part(end), *cells);
    return [cells](sparse::CsrMatrix& block) { std::swap(block, *cells); };
  }

  /// The next cells, up to `end` and of one band.
  Part next_part(CellIndex end) {
    if (next_cell_ >= band_end_) load_band();
    const CellIndex begin = std::exchange(next_cell_, std::min(end, band_end_));
    return {band_, begin - band_begin_, next_cell_ - begin};
  }

  [[nodiscard]] std::size_t element_size() const { return bands_.type().size; }

  void load_band() {
    core::check_interrupt();
    const CellIndex begin = next_cell_ / band_rows_ * band_rows_;
    const CellIndex end = std::min(info_.n_cells, begin + band_rows_);
    band_.reset();  // before there is another one, where no claim needs it
    auto band = std::make_shared<Band>();
    bands_.read(begin, end - begin, *band);
    band_ = std::move(band);
    band_begin_ = begin;
    band_end_ = end;
  }

  void append(const Part& part, sparse::CsrMatrix& block) const {
    for (std::int64_t row = part.first_row; row < part.first_row + part.n_rows; ++row) {
      append_row(*part.band, row, block);
    }
  }

  void append_row(const Band& band, std::int64_t row, sparse::CsrMatrix& block) const {
    const std::size_t width = static_cast<std::size_t>(info_.n_genes) * element_size();
    const std::byte* values = band.data() + static_cast<std::size_t>(row) * width;
    hdf5::visit_number(bands_.type().number, [&](auto kind) {
      for (GeneIndex gene = 0; gene < info_.n_genes; ++gene) {
        auto value = kind;
        std::memcpy(&value, values + static_cast<std::size_t>(gene) * sizeof(value), sizeof(value));
        const auto as_float = static_cast<float>(value);
        if (as_float == 0.0F) continue;
        block.indices.push_back(gene);
        block.data.push_back(as_float);
      }
    });
    block.indptr.push_back(static_cast<std::int64_t>(block.indices.size()));
    ++block.n_cells;
  }

  MatrixInfo info_;
  BandReader bands_;
  std::int64_t most_rows_ = 1, band_rows_ = 1, band_begin_ = 0, band_end_ = 0;
  std::shared_ptr<const Band> band_;
  CellIndex next_cell_ = 0;
};

}  // namespace

std::vector<double> read_dense_rows(hid_t file, const MatrixInfo& info, CellIndex begin, CellIndex n_cells) {
  BandReader reader(hdf5::open_dataset(file, info.path), info);
  std::vector<std::byte> band;
  reader.read(begin, n_cells, band);
  std::vector<double> values(band.size() / reader.type().size);
  hdf5::visit_number(reader.type().number, [&](auto value) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::memcpy(&value, band.data() + i * sizeof(value), sizeof(value));
      values[i] = static_cast<double>(value);
    }
  });
  return values;
}

std::unique_ptr<formats::RowReader> make_dense_rows(hid_t file, const MatrixInfo& info,
                                                    const formats::ReadOptions& options) {
  return std::make_unique<DenseRows>(hdf5::open_dataset(file, info.path), info, options);
}

}  // namespace sctab::h5ad
