#include <fmt/format.h>
#include <zlib.h>

#include <memory>
#include <optional>
#include <unordered_set>

#include "sctab/genes/genes.hpp"

namespace sctab::genes {
namespace {

// Lines of a plain or gzipped text file; zlib reads both.
std::vector<std::string> read_lines(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file)
    throw core::InputError(
        fmt::format("{}: no such file, or it cannot be read; a gene list is expected", path.string()));
  std::vector<std::string> lines(1);
  std::vector<char> buffer(1U << 16U);
  for (;;) {
    const int n = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (n < 0) throw core::InputError(fmt::format("{}: damaged: it cannot be read to its end", path.string()));
    if (n == 0) break;
    for (int i = 0; i < n; ++i) {
      const char c = buffer[static_cast<std::size_t>(i)];
      if (c == '\n')
        lines.emplace_back();
      else if (c != '\r')
        lines.back() += c;
    }
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == separator && !quoted)
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

/// Where a header names the columns as var of CELLxGENE does, ids and symbols are found by name.
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

}  // namespace

GeneList read_gene_list(const std::filesystem::path& path) {
  const std::vector<std::string> lines = read_lines(path);
  GeneList genes;
  NamedColumns named;
  std::unordered_set<std::string> seen;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    if (lines[n].empty() || lines[n].front() == '#') continue;
    const std::vector<std::string> fields = split(lines[n], lines[n].find('\t') == std::string::npos ? ',' : '\t');
    std::size_t id_column = named.id.value_or(0);
    while (!named.id && id_column < fields.size() && !is_ensembl_id(fields[id_column])) ++id_column;
    if (id_column >= fields.size() || !is_ensembl_id(fields[id_column])) {
      if (genes.ids.empty() && n == 0) {  // the header
        named = named_columns(fields);
        continue;
      }
      throw core::InputError(
          fmt::format("{}: line {} holds no Ensembl id{} ('{}'); one id a line is expected, and a symbol "
                      "behind it if you like",
                      path.string(), n + 1, named.id ? " in its column feature_id" : "", lines[n]));
    }
    std::string id(without_version(fields[id_column]));
    if (!seen.insert(id).second) {
      throw core::InputError(
          fmt::format("{}: line {} repeats {}; each gene must stand there once", path.string(), n + 1, id));
    }
    genes.ids.push_back(std::move(id));
    const std::size_t symbol_column = named.id ? named.symbol.value_or(fields.size()) : id_column + 1;
    genes.symbols.push_back(symbol_column < fields.size() ? fields[symbol_column] : std::string());
  }
  if (genes.ids.empty())
    throw core::InputError(fmt::format("{}: holds no Ensembl ids; one a line is expected", path.string()));
  return genes;
}

}  // namespace sctab::genes
