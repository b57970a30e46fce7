#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <unordered_set>

#include "sctab/core/csv.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::genes {
namespace {

constexpr const char* kExpected = "a gene list: one Ensembl id per line, optionally followed by a symbol";

constexpr std::size_t kMostBytes = 1 << 28;  // a thousand times the genes of a species

/// The text of a plain or gzipped file; zlib reads both.
std::string read_plain_or_gzip(const std::filesystem::path& path) {
  const core::FileDescriptor input = core::open_input(path, {.expected = kExpected, .streams = true});
  const int second = ::dup(input.get());
  if (second < 0) {
    throw core::InputError({.file = path.string(),
                            .found = fmt::format("cannot be opened a second time: {}", std::strerror(errno)),
                            .next_step = "raise the limit on open files (ulimit -n)"});
  }
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzdopen(second, "rb"), &gzclose);
  if (!file) throw std::bad_alloc();
  std::string text;
  std::vector<char> buffer(1U << 16U);
  for (;;) {
    const int n = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (n < 0) {
      core::check_interrupt();  // zlib takes a signal for a failure
      throw core::InputError({.file = path.string(), .found = "is damaged: it cannot be read to its end"});
    }
    text.append(buffer.data(), static_cast<std::size_t>(n));
    const bool is_text = text.find('\0', text.size() - static_cast<std::size_t>(n)) == std::string::npos;
    if (n == 0 || !is_text) return core::checked_text(std::move(text), path, kExpected);
    if (text.size() <= kMostBytes) continue;
    throw core::InputError({.file = path.string(),
                            .found = fmt::format("is larger than {}", core::format_bytes(kMostBytes)),
                            .expected = kExpected});
  }
}

/// A tab if the first line has one, comments apart; else a comma.
char separator_of(const std::string& text) {
  std::size_t begin = 0;
  while (begin < text.size() && text[begin] == '#') begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  return text.substr(begin, text.find('\n', begin) - begin).find('\t') == std::string::npos ? ',' : '\t';
}

/// Columns of ids and symbols, where a header names them as var of CELLxGENE does.
struct NamedColumns {
  std::optional<std::size_t> id, symbol;
};

NamedColumns named_columns(const std::vector<std::string>& header) {
  NamedColumns columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] == "feature_id") columns.id = i;
    if (header[i] == "feature_name") columns.symbol = i;
  }
  return columns.id ? columns : NamedColumns();
}

bool is_ensembl_id(const std::string& field) {
  return detect_id_kind(std::span(&field, 1)) == GeneIdKind::kEnsemblHuman ||
         detect_id_kind(std::span(&field, 1)) == GeneIdKind::kEnsemblOther;
}

core::InputError repeated_gene(const core::CsvReader& csv, const std::string& id) {
  return csv.error({.found = fmt::format("the gene {} again", id),
                    .expected = "each gene once",
                    .next_step = "remove one of its lines"});
}

constexpr const char *kIdColumn = "gene_id", *kSymbolColumn = "gene_symbol";

}  // namespace

GeneList read_gene_list(const std::filesystem::path& path) {
  std::string text = read_plain_or_gzip(path);
  const char separator = separator_of(text);
  core::CsvReader csv(std::move(text), path, {.separator = separator, .header = false, .comments = true});
  GeneList genes;
  NamedColumns named;
  std::unordered_set<std::string> seen;
  bool is_first = true;
  for (std::vector<std::string> fields; csv.next(fields); is_first = false) {
    std::size_t id_column = named.id.value_or(0);
    while (!named.id && id_column < fields.size() && !is_ensembl_id(fields[id_column])) ++id_column;
    if (id_column >= fields.size() || !is_ensembl_id(fields[id_column])) {
      if (is_first) {  // the header
        named = named_columns(fields);
        continue;
      }
      throw csv.error({.found = fmt::format("no Ensembl id in '{}'", fmt::join(fields, std::string(1, separator))),
                       .expected = named.id ? "one in the column feature_id" : kExpected});
    }
    std::string id(without_version(fields[id_column]));
    if (!seen.insert(id).second) throw repeated_gene(csv, id);
    genes.ids.push_back(std::move(id));
    const std::size_t symbol_column = named.id ? named.symbol.value_or(fields.size()) : id_column + 1;
    genes.symbols.push_back(symbol_column < fields.size() ? fields[symbol_column] : std::string());
  }
  if (genes.ids.empty()) {
    throw core::InputError({.file = path.string(), .found = "has no Ensembl ids", .expected = kExpected});
  }
  return genes;
}

void write_genes_tsv(const std::filesystem::path& path, const GeneList& genes) {
  SCTAB_ASSERT(genes.symbols.size() == genes.ids.size());
  std::string text = fmt::format("{}\t{}\n", kIdColumn, kSymbolColumn);
  for (std::size_t i = 0; i < genes.ids.size(); ++i) {
    for (const std::string& name : {genes.ids[i], genes.symbols[i]}) core::require_tsv_field(path, name);
    text += genes.ids[i] + '\t' + genes.symbols[i] + '\n';
  }
  core::write_file_atomically(path, text);
}

GeneList read_genes_tsv(const std::filesystem::path& path) {
  core::CsvReader tsv(path, core::kPlainTsv);
  tsv.require_header({kIdColumn, kSymbolColumn});
  GeneList genes;
  std::unordered_set<std::string> seen;
  for (std::vector<std::string> fields; tsv.next(fields);) {
    if (fields[0].empty()) throw tsv.error({.found = "no gene id", .expected = "one in each row"});
    if (!seen.insert(fields[0]).second) throw repeated_gene(tsv, fields[0]);
    genes.ids.push_back(std::move(fields[0]));
    genes.symbols.push_back(std::move(fields[1]));
  }
  return genes;
}

}  // namespace sctab::genes
