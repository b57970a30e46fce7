#include "sctab/formats/h5ad/converted_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/h5ad/annotated_copy.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::h5ad {
namespace {

namespace fs = std::filesystem;
using core::CellIndex;
using core::GeneIndex;

constexpr int kMostConvertThreads = 8;
constexpr std::int64_t kConvertBlockBytes = 8 << 20;  // of the values of a block
constexpr std::string_view kLabelsAlone = "write the labels alone, with -o FILE.csv";

/// Results into a file that was written for them.
class ConvertedFile final : public formats::CellSink {
 public:
  explicit ConvertedFile(const fs::path& path) : appender_(path) {}

  void append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) override {
    SCTAB_ASSERT(width > 0 && (width_ == 0 || width_ == width));
    if (width_ == 0) appender_.begin_obsm(name, appender_.n_cells(), width);
    width_ = width;
    appender_.append_obsm(rows);
  }
  void put_obs(const formats::Column& column) override { appender_.put_obs(column); }
  void put_uns(std::string_view name, const nlohmann::json& value) override { appender_.put_uns(name, value); }
  void close() override { appender_.close(); }

 private:
  Appender appender_;
  std::int64_t width_ = 0;  // 0: there was no append_obsm() yet
};

/// The matrix that becomes X. The caller has found it usable, as counts or as logarithms.
formats::CountsSource main_matrix(const formats::CellSource& source) {
  try {
    return source.find_counts(formats::InputKind::kCounts, "");
  } catch (const core::InputError&) {
    return source.find_counts(formats::InputKind::kLogNormalised, "");
  }
}

/// Blocks of cells in order, read by several threads some blocks ahead.
class BlocksAhead {
 public:
  BlocksAhead(std::unique_ptr<formats::RowReader> rows, CellIndex cells_per_block, core::ThreadPool& pool)
      : rows_(std::move(rows)), cells_per_block_(cells_per_block), pool_(pool) {
    for (int i = 0; i < pool.size() + 1; ++i) read_one();
  }
  ~BlocksAhead() {
    for (std::future<sparse::CsrMatrix>& each : reading_) each.wait();
  }
  BlocksAhead(const BlocksAhead&) = delete;
  BlocksAhead& operator=(const BlocksAhead&) = delete;

  /// False at the end. Throws what reading threw.
  bool next(sparse::CsrMatrix& block) {
    if (reading_.empty()) return false;
    std::future<sparse::CsrMatrix> first = std::move(reading_.front());
    reading_.pop_front();
    block = first.get();
    read_one();
    return true;
  }

 private:
  void read_one() {
    if (ended_) return;
    formats::RowReader::Work work = rows_->claim(cells_per_block_);
    ended_ = !work;
    if (ended_) return;
    reading_.push_back(pool_.submit([work = std::move(work)] {
      sparse::CsrMatrix block;
      work(block);
      return block;
    }));
  }

  std::unique_ptr<formats::RowReader> rows_;
  CellIndex cells_per_block_;
  core::ThreadPool& pool_;
  bool ended_ = false;
  std::deque<std::future<sparse::CsrMatrix>> reading_;
};

CellIndex cells_per_block(const formats::CellSource& source, const formats::CountsSource& matrix) {
  constexpr std::int64_t kBytesOfValue = sizeof(GeneIndex) + sizeof(float);
  const std::int64_t values_of_cell = matrix.nnz / std::max<CellIndex>(1, source.n_cells()) + 1;
  return std::clamp<CellIndex>(kConvertBlockBytes / (values_of_cell * kBytesOfValue), 1, 4096);
}

[[noreturn]] void refuse_number(const formats::CellSource& source, const formats::CountsSource& matrix,
                                std::string_view what, std::int64_t found, std::int64_t expected) {
  throw core::InputError({.file = source.path().string(),
                          .matrix = matrix.matrix_path,
                          .found = fmt::format("has {} {}", core::format_count(found), what),
                          .expected = core::format_count(expected),
                          .next_step = "write the file again; it is damaged"});
}

void write_cells(const formats::CellSource& source, const formats::CountsSource& matrix, const fs::path& target,
                 core::ThreadPool& pool, Writer& writer) {
  BlocksAhead blocks(source.read_rows(matrix.matrix_path, {.temporary_folder = target.parent_path()}),
                     cells_per_block(source, matrix), pool);
  core::Progress progress("writing cells", source.n_cells());
  sparse::CsrMatrix block;
  CellIndex n_cells = 0;
  while (blocks.next(block)) {
    core::check_interrupt();
    n_cells += block.n_cells;
    if (n_cells > source.n_cells()) break;
    writer.append(block.view());
    progress.advance(block.n_cells);
  }
  if (n_cells != source.n_cells()) refuse_number(source, matrix, "cells", n_cells, source.n_cells());
  progress.finish();
}

/// HDF5 ends text at a byte 0: what follows would be lost.
void require_whole(const formats::CellSource& source, std::string_view what, const formats::Strings& texts) {
  const auto has_end = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (std::ranges::none_of(texts, has_end)) return;
  throw core::InputError({.file = source.path().string(),
                          .key = std::string(what),
                          .found = "holds a text with a byte 0 in it, which an h5ad cannot hold",
                          .next_step = std::string(kLabelsAlone)});
}

/// Names of columns as members of a group of HDF5, all different and none with a meaning of its own.
formats::Strings column_names(const formats::Strings& names) {
  std::set<std::string> taken = {"_index", "__categories"};
  for (const std::string& name : names) {
    if (name.find('/') == std::string::npos) taken.insert(name);
  }
  std::set<std::string> given;
  formats::Strings out;
  for (std::string name : names) {
    std::ranges::replace(name, '/', '_');
    const bool is_reserved = name.empty() || name == "." || name == ".." || name == "_index" || name == "__categories";
    const bool is_changed = is_reserved || name != names[out.size()];
    if (is_reserved) name += "_";
    while (given.contains(name) || (is_changed && taken.contains(name))) name += "_";
    given.insert(name);
    out.push_back(std::move(name));
  }
  return out;
}

void write_cell_table(const formats::CellSource& source, Writer& writer) {
  const formats::Strings names = source.obs_names();
  if (std::cmp_not_equal(names.size(), source.n_cells())) {
    throw core::InputError({.file = source.path().string(),
                            .found = fmt::format("has {} names of cells", core::format_count(std::ssize(names))),
                            .expected = core::format_count(source.n_cells())});
  }
  require_whole(source, "names of cells", names);
  const formats::Strings columns = source.obs_columns();
  const formats::Strings renamed = column_names(columns);
  writer.write_obs(names, renamed, [&](std::size_t i) {
    core::check_interrupt();
    formats::Column column = source.obs(columns[i]);
    column.name = renamed[i];
    if (const auto* texts = std::get_if<formats::Strings>(&column.values)) require_whole(source, columns[i], *texts);
    if (const auto* held = std::get_if<formats::Categorical>(&column.values)) {
      require_whole(source, columns[i], held->categories);
    }
    return column;
  });
}

void write_gene_table(const formats::CellSource& source, const formats::CountsSource& matrix,
                      const formats::Strings& names, Writer& writer) {
  std::vector<formats::Column> columns;
  formats::Strings symbols = source.gene_symbols(matrix.matrix_path);
  require_whole(source, "names of genes", names);
  require_whole(source, "symbols of genes", symbols);
  if (symbols.size() == names.size() && !names.empty()) columns.push_back({"gene_symbols", std::move(symbols)});
  writer.write_var(names, columns);
}

}  // namespace

std::unique_ptr<formats::CellSink> convert(const formats::CellSource& source, const fs::path& target,
                                           const ConvertOptions& options) {
  const formats::CountsSource matrix = options.counts ? *options.counts : main_matrix(source);
  const formats::Strings genes = source.gene_names(matrix.matrix_path);
  if (std::cmp_not_equal(genes.size(), matrix.n_genes)) {
    refuse_number(source, matrix, "names of genes", std::ssize(genes), matrix.n_genes);
  }
  const int threads = options.threads > 0 ? options.threads : std::min(core::default_threads(), kMostConvertThreads);
  core::ThreadPool pool(threads);
  Writer writer(target, matrix.n_genes, {.pool = &pool});
  write_cells(source, matrix, target, pool, writer);
  write_cell_table(source, writer);
  write_gene_table(source, matrix, genes, writer);
  writer.close();
  return std::make_unique<ConvertedFile>(target);
}

}  // namespace sctab::h5ad
