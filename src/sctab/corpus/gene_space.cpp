#include "sctab/corpus/gene_space.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::corpus {
namespace {

constexpr double kLeastShareFound = 0.1;

bool is_human_ensembl_id(const std::string& name) {
  return genes::detect_id_kind(std::span(&name, 1)) == genes::GeneIdKind::kEnsemblHuman;
}

}  // namespace

GeneSpace::GeneSpace(const std::filesystem::path& gene_list, const std::filesystem::path& symbol_table)
    : list_path_(gene_list) {
  if (!symbol_table.empty()) table_symbols_.add(genes::read_gene_list(symbol_table));
  if (gene_list.empty()) return;
  genes_ = genes::read_gene_list(gene_list);
  list_symbols_.add(genes_);
}

void GeneSpace::add(std::span<const std::string> names, std::span<const std::string> symbols) {
  SCTAB_ASSERT(symbols.empty() || symbols.size() == names.size());
  id_kinds_.push_back(genes::detect_id_kind(names));
  auto& codes = name_codes_.emplace_back();
  for (std::size_t gene = 0; gene < names.size(); ++gene) {
    codes.push_back(names_.code(names[gene]));
    symbols_.resize(static_cast<std::size_t>(names_.size()));
    std::string& symbol = symbols_[static_cast<std::size_t>(codes.back())];
    if (!symbols.empty() && symbol.empty() && !is_human_ensembl_id(symbols[gene])) symbol = symbols[gene];
  }
}

void GeneSpace::finish() {
  if (list_path_.empty()) unite_sources();
  // Every distinct name is looked up once; a source's alignment only picks from these.
  const genes::GeneAlignment of_names(names_.texts(), genes_, resolve_symbols());
  for (const auto& codes : name_codes_) {
    std::vector<GeneIndex> target_of_source;
    for (const std::int32_t code : codes) {
      target_of_source.push_back(of_names.target_of_source()[static_cast<std::size_t>(code)]);
    }
    alignments_.emplace_back(std::move(target_of_source), genes_.size());
  }
}

void GeneSpace::unite_sources() {
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    const std::string& name = names_.texts()[i];
    if (!is_human_ensembl_id(name) || !seen.insert(genes::without_version(name)).second) continue;
    genes_.ids.emplace_back(genes::without_version(name));
    genes_.symbols.push_back(symbols_[i]);
  }
  if (!genes_.ids.empty()) return;
  throw core::InputError(
      {.found = fmt::format("none of the sources names its genes by human Ensembl ids; the first has {}",
                            id_kinds_.empty() ? "no genes" : genes::describe(id_kinds_.front())),
       .next_step = "give the genes of the store with --genes, a list of ids and symbols"});
}

genes::SymbolTable GeneSpace::resolve_symbols() const {
  genes::SymbolTable source_symbols, resolved;
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    if (is_human_ensembl_id(names_.texts()[i])) source_symbols.add(symbols_[i], names_.texts()[i]);
  }
  for (const auto& name : names_.texts()) {
    if (is_human_ensembl_id(name)) continue;
    for (const auto* table :
         {&list_symbols_, &table_symbols_, static_cast<const genes::SymbolTable*>(&source_symbols)}) {
      const std::string_view id = table->find(name);
      if (id.empty()) continue;
      resolved.add(name, id);
      break;
    }
  }
  return resolved;
}

void GeneSpace::require_enough_found(std::size_t source, const std::filesystem::path& path) const {
  const genes::GeneAlignment& found = alignment(source);
  if (static_cast<double>(found.n_found()) >= kLeastShareFound * static_cast<double>(found.n_target())) return;
  throw core::InputError(
      {.file = path.string(),
       .found = fmt::format("has {} of the {} genes of {}, under 10%; its {} genes have {} ('{}', …)",
                            core::format_count(found.n_found()), core::format_count(found.n_target()),
                            list_path_.empty() ? "all sources together" : list_path_.string(),
                            core::format_count(found.n_source()), genes::describe(id_kind(source)),
                            found.n_source() == 0 ? "" : names_.text(name_codes_[source].front())),
       .expected = "human Ensembl ids, or symbols that --symbols translates",
       .next_step = "give the right genes with --genes, or omit this source"});
}

}  // namespace sctab::corpus
