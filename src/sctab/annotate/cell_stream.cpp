#include "sctab/annotate/cell_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::annotate {
namespace {

const char* next_step(genes::GeneIdKind kind) {
  switch (kind) {
    case genes::GeneIdKind::kEnsemblHuman:
      return "choose a model trained on this gene set, or use the file as it was before genes were filtered";
    case genes::GeneIdKind::kEnsemblOther:
      return "map the ids to their human orthologues first: the model knows human genes";
    case genes::GeneIdKind::kSymbol:
      return "make sure that they are human symbols, or add Ensembl ids as a column of var (gene_ids, say), which "
             "match best";
    case genes::GeneIdKind::kNumber:
      return "put Ensembl ids or symbols in the index of var";
  }
  return "";
}

constexpr std::int64_t kTransposeMemory = 500'000'000;  // bytes, for csc sources: leaves room for the network
constexpr std::int64_t kBlocksReady = 2;                // and one more for each reader

}  // namespace

GeneMatch match_genes(const formats::CellSource& file, std::string_view matrix_path, const genes::GeneList& model_genes,
                      double min_found) {
  genes::SymbolTable symbols;
  symbols.add(model_genes);
  formats::Strings names = file.gene_names(matrix_path);
  genes::GeneAlignment alignment(names, model_genes, symbols);
  if (static_cast<double>(alignment.n_found()) < min_found * static_cast<double>(model_genes.size())) {
    const genes::GeneIdKind kind = genes::detect_id_kind(names);
    throw core::InputError(
        {.file = file.path().string(),
         .found = fmt::format(
             "{} of the model's {} genes found; the file names its {} genes by {} (\"{}\")",
             core::format_count(alignment.n_found()), core::format_count(static_cast<std::int64_t>(model_genes.size())),
             core::format_count(std::ssize(names)), genes::describe(kind), names.empty() ? "" : names.front()),
         .expected = fmt::format("at least {:.0f}% of them", 100 * min_found),
         .next_step = next_step(kind)});
  }
  return {std::move(names), std::move(alignment)};
}

CellStream::CellStream(const formats::CellSource& file, const formats::CountsSource& source, const GeneMatch& genes,
                       const CellStreamOptions& options)
    : genes_(genes),
      place_{.file = file.path().string(), .matrix = source.matrix_path},
      log_normalised_(source.log_normalised),
      options_(options),
      rows_(file.read_rows(source.matrix_path,
                           {.memory_bytes = kTransposeMemory, .temporary_folder = {}, .threads = options.threads})),
      readers_(options.threads) {
  try {
    for (int i = 0; i < options.threads; ++i) (void)readers_.submit([this] { read_blocks(); });
  } catch (...) {
    end();  // those that began, for readers_ to be joined
    throw;
  }
}

CellStream::~CellStream() {
  end();
}

/// Lets the readers go.
void CellStream::end(std::exception_ptr lost) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (lost) lost_ = std::move(lost);
  room_.notify_all();
  ready_.notify_one();
}

bool CellStream::next(sparse::CsrMatrix& log_norm) {
  std::unique_lock lock(mutex_);
  awaited_ = true;
  room_.notify_one();
  ready_.wait(lock, [this] { return lost_ || !is_awaited(); });
  if (lost_) std::rethrow_exception(lost_);
  // The others finish what they began, so that no more threads than agreed work while the caller does.
  ready_.wait(lock, [this] { return lost_ || n_reading_ <= options_.threads_beside; });
  awaited_ = false;
  Block& block = blocks_.at(n_taken_);
  if (block.failure) std::rethrow_exception(block.failure);
  if (block.is_last) return false;
  std::swap(log_norm, block.log_norm);
  used_.push_back(std::move(block.log_norm));
  blocks_.erase(n_taken_++);
  room_.notify_one();
  return true;
}

void CellStream::read_blocks() {
  try {
    read_next_blocks();
  } catch (...) {
    end(std::current_exception());
  }
}

void CellStream::read_next_blocks() {
  std::int64_t number = 0;
  formats::RowReader::Work read;
  sparse::CsrMatrix values;
  while (claim(number, read)) {
    Block block;
    {
      const std::lock_guard lock(mutex_);
      if (!used_.empty()) {
        block.log_norm = std::move(used_.back());
        used_.pop_back();
      }
    }
    try {
      std::exchange(read, nullptr)(values);  // and let go of the bytes that it holds
      prepare(number, values, block.log_norm);
    } catch (...) {
      block.failure = std::current_exception();
    }
    put(number, std::move(block));
  }
}

/// Whether the caller waits for a block that is not there.
bool CellStream::is_awaited() const {
  return awaited_ && !blocks_.contains(n_taken_);
}

/// Whether one more thread may start on a block.
bool CellStream::may_read() const {
  const bool has_room = n_claimed_ - n_taken_ < options_.threads + kBlocksReady;
  return has_room && n_reading_ < (is_awaited() ? options_.threads : options_.threads_beside);
}

/// Claims the next block, once there is room for it. False where nothing is left.
bool CellStream::claim(std::int64_t& number, formats::RowReader::Work& work) {
  const std::lock_guard claiming(claim_mutex_);
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return ended_ || may_read(); });
    if (ended_) return false;
    number = n_claimed_++;
    ++n_reading_;
  }
  Block last{.is_last = true, .failure = nullptr, .log_norm = {}};
  try {
    work = rows_->claim(options_.cells_per_block);
    if (work) return true;
  } catch (...) {
    last.failure = std::current_exception();
  }
  put(number, std::move(last));
  return false;
}

void CellStream::put(std::int64_t number, Block block) {
  const std::lock_guard lock(mutex_);
  ended_ = ended_ || block.is_last || block.failure;
  blocks_.emplace(number, std::move(block));
  --n_reading_;
  ready_.notify_one();
  room_.notify_one();
}

void CellStream::prepare(std::int64_t number, sparse::CsrMatrix& values, sparse::CsrMatrix& log_norm) const {
  sparse::check_counts(values.view(), place_, number * options_.cells_per_block, genes_.names);
  // Repeats of a gene are sums of counts, and logs are not: they go back to the scale of counts for it.
  const bool sums_logs = log_normalised_ && genes_.alignment.n_repeated() > 0;
  if (sums_logs) {
    for (float& value : values.data) value = std::expm1(value);
  }
  genes_.alignment.apply(values.view(), log_norm);
  if (sums_logs) {
    for (float& value : log_norm.data) value = std::log1p(value);
  }
  if (!log_normalised_) sparse::log_normalise(log_norm);
}

}  // namespace sctab::annotate
