#include "sctab/published/gene_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::published {
namespace {

constexpr std::string_view kId = "feature_id", kSymbol = "feature_name";

genes::GeneList genes_of(const core::CsvTable& table, const std::filesystem::path& path) {
  const auto column = [&table](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(table.header, name) - table.header.begin());
  };
  const std::size_t id = column(kId), symbol = column(kSymbol), none = table.header.size();
  if (id == none) {
    throw core::InputError({.file = path.string(),
                            .found = fmt::format("has the columns {}", fmt::join(table.header, ", ")),
                            .expected = fmt::format("one named {} with Ensembl ids", kId)});
  }
  genes::GeneList genes;
  std::unordered_set<std::string> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::vector<std::string>& fields = table.rows[row];
    std::string gene(genes::without_version(fields[id]));
    if (!gene.starts_with("ENS") || !seen.insert(gene).second) {
      throw core::InputError({.file = path.string(),
                              .subject = fmt::format("row {} (counted from 0)", row),
                              .found = fmt::format("{} {:?}{}", kId, fields[id], seen.contains(gene) ? " again" : ""),
                              .expected = "an Ensembl id, each once"});
    }
    genes.ids.push_back(std::move(gene));
    genes.symbols.push_back(symbol == none ? std::string() : fields[symbol]);
  }
  if (genes.ids.empty()) throw core::InputError({.file = path.string(), .found = "has no genes"});
  return genes;
}

}  // namespace

genes::GeneList read_gene_table(const std::filesystem::path& path) {
  if (!parquet::is_parquet(path) && path.extension() != ".parquet") return genes::read_gene_list(path);
  return genes_of(parquet::read_table(path), path);
}

}  // namespace sctab::published
