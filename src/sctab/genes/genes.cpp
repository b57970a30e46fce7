#include "sctab/genes/genes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <utility>

#include "sctab/core/sha256.hpp"

namespace sctab::genes {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

GeneIdKind kind_of(std::string_view name) {
  name = without_version(name);
  if (name.starts_with("ENSG") && all_digits(name.substr(4))) return GeneIdKind::kEnsemblHuman;
  const std::size_t digits = name.find_first_of("0123456789");
  if (name.starts_with("ENS") && digits != std::string_view::npos && digits >= 4 && name[digits - 1] == 'G' &&
      all_digits(name.substr(digits))) {
    return GeneIdKind::kEnsemblOther;
  }
  return all_digits(name) ? GeneIdKind::kNumber : GeneIdKind::kSymbol;
}

}  // namespace

std::string_view describe(GeneIdKind kind) {
  switch (kind) {
    case GeneIdKind::kEnsemblHuman:
      return "Ensembl human ids";
    case GeneIdKind::kEnsemblOther:
      return "Ensembl ids of another species";
    case GeneIdKind::kNumber:
      return "numbers";
    case GeneIdKind::kSymbol:
      break;
  }
  return "gene symbols";
}

GeneIdKind detect_id_kind(std::span<const std::string> names) {
  std::array<std::size_t, 4> votes{};
  for (const auto& name : names) ++votes.at(static_cast<std::size_t>(kind_of(name)));
  return static_cast<GeneIdKind>(std::max_element(votes.begin(), votes.end()) - votes.begin());
}

std::string_view without_version(std::string_view gene_id) {
  if (!gene_id.starts_with("ENS")) return gene_id;
  const std::size_t dot = gene_id.rfind('.');
  if (dot == std::string_view::npos || !all_digits(gene_id.substr(dot + 1))) return gene_id;
  return gene_id.substr(0, dot);
}

std::string GeneList::hash() const {
  core::Sha256 hash;
  for (const auto& id : ids) hash.add(id).add("\n");
  return hash.hex();
}

void SymbolTable::add(std::string_view symbol, std::string_view gene_id) {
  if (symbol.empty() || gene_id.empty()) return;
  const auto [entry, inserted] = ids_.try_emplace(std::string(symbol), without_version(gene_id));
  if (!inserted && entry->second != without_version(gene_id)) entry->second.clear();
}

void SymbolTable::add(const GeneList& genes) {
  for (std::size_t i = 0; i < genes.ids.size(); ++i) add(genes.symbols[i], genes.ids[i]);
}

std::string_view SymbolTable::find(std::string_view symbol) const {
  const auto entry = ids_.find(std::string(symbol));
  return entry == ids_.end() ? std::string_view() : std::string_view(entry->second);
}

GeneAlignment::GeneAlignment(std::span<const std::string> source_names, const GeneList& target,
                             const SymbolTable& symbols)
    : n_target_(target.size()) {
  std::unordered_map<std::string_view, GeneIndex> position;
  for (GeneIndex i = 0; i < n_target_; ++i) position.emplace(target.ids[static_cast<std::size_t>(i)], i);
  target_of_source_.reserve(source_names.size());
  for (const auto& name : source_names) {
    auto entry = position.find(without_version(name));
    if (entry == position.end()) entry = position.find(symbols.find(name));
    target_of_source_.push_back(entry == position.end() ? -1 : entry->second);
  }
  count();
}

GeneAlignment::GeneAlignment(std::vector<GeneIndex> target_of_source, GeneIndex n_target)
    : target_of_source_(std::move(target_of_source)), n_target_(n_target) {
  count();
}

void GeneAlignment::count() {
  std::vector<bool> seen(static_cast<std::size_t>(n_target_), false);
  GeneIndex last = -1;
  for (const GeneIndex gene : target_of_source_) {
    if (gene < 0) continue;
    SCTAB_ASSERT(gene < n_target_);
    ascending_ = ascending_ && gene > last;
    last = gene;
    const auto at = static_cast<std::size_t>(gene);
    if (seen[at])
      ++n_repeated_;
    else
      ++n_found_;
    seen[at] = true;
  }
}

namespace {

/// One cell in the target's genes. The genes seen are marked in a bitmap, which gives them back in order for a fraction
/// of the price of sorting them.
class TargetRow {
 public:
  explicit TargetRow(GeneIndex n_target)
      : values_(static_cast<std::size_t>(n_target)), seen_((static_cast<std::size_t>(n_target) + 63) / 64) {}

  void add(GeneIndex gene, float value) {
    const auto at = static_cast<std::size_t>(gene);
    const std::uint64_t bit = std::uint64_t{1} << (at % 64);
    const bool repeated = (seen_[at / 64] & bit) != 0;
    values_[at] = repeated ? values_[at] + value : value;
    seen_[at / 64] |= bit;
  }

  /// Writes the genes in order with their values, forgets them and returns how many they were.
  std::size_t take(GeneIndex* genes, float* values) {
    std::size_t n = 0;
    for (std::size_t word = 0; word < seen_.size(); ++word) {
      for (std::uint64_t bits = std::exchange(seen_[word], 0); bits != 0; bits &= bits - 1) {
        const std::size_t at = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        genes[n] = static_cast<GeneIndex>(at);
        values[n++] = values_[at];
      }
    }
    return n;
  }

 private:
  std::vector<float> values_;
  std::vector<std::uint64_t> seen_;
};

}  // namespace

sparse::CsrMatrix GeneAlignment::apply(sparse::CsrView counts) const {
  sparse::CsrMatrix out;
  apply(counts, out);
  return out;
}

void GeneAlignment::apply(sparse::CsrView counts, sparse::CsrMatrix& out) const {
  SCTAB_ASSERT(counts.n_genes == n_source());
  out.n_cells = counts.n_cells;
  out.n_genes = n_target_;
  out.indptr.resize(static_cast<std::size_t>(counts.n_cells) + 1);
  out.indptr[0] = 0;
  // No cell gets longer; resized without clear(), so that memory used again is not zeroed again.
  out.indices.resize(static_cast<std::size_t>(counts.nnz()));
  out.data.resize(static_cast<std::size_t>(counts.nnz()));
  TargetRow sorted(ascending_ ? 0 : n_target_);
  std::size_t written = 0;
  for (core::CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    const sparse::RowView row = counts.row(cell);
    for (std::size_t i = 0; i < row.indices.size(); ++i) {
      const GeneIndex gene = target_of_source_[static_cast<std::size_t>(row.indices[i])];
      if (gene < 0) continue;
      if (ascending_) {
        out.indices[written] = gene;
        out.data[written++] = row.data[i];
      } else {
        sorted.add(gene, row.data[i]);
      }
    }
    if (!ascending_) written += sorted.take(out.indices.data() + written, out.data.data() + written);
    out.indptr[static_cast<std::size_t>(cell) + 1] = static_cast<std::int64_t>(written);
  }
  out.indices.resize(written);
  out.data.resize(written);
}

}  // namespace sctab::genes
