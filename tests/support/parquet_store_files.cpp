#include "support/parquet_store_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>

#include "formats/npy/npy_file.hpp"
#include "formats/parquet/sql.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/sparse/normalise.hpp"
#include "support/fixtures.hpp"
#include "support/gene_id.hpp"
#include "support/small_ontology.hpp"

namespace sctab::tests {
namespace {

using corpus::Coded;

constexpr std::size_t kGenes = 45;
constexpr std::array<const char*, 3> kSplits = {"train", "val", "test"};

std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
}

std::size_t at(Coded column) {
  return static_cast<std::size_t>(column);
}

/// Cells of a type have genes of their own; some have none at all.
PublishedCell make_cell(std::size_t split, std::size_t number) {
  core::Rng rng = core::Rng(5).child(kSplits[split], number);
  PublishedCell cell;
  cell.soma_joinid = static_cast<std::int64_t>(100'000 * split + 7 * number);
  cell.is_primary = number % 5 != 0;
  const std::size_t type = rng.below(4);
  cell.codes[at(Coded::kDataset)] = static_cast<std::int64_t>(number % 2);
  cell.codes[at(Coded::kDonor)] = number % 9 == 0 ? -1 : static_cast<std::int64_t>(number % 3);
  cell.codes[at(Coded::kAssay)] = static_cast<std::int64_t>(number % 3 == 0);
  cell.codes[at(Coded::kCellType)] = static_cast<std::int64_t>(type);
  cell.codes[at(Coded::kDevelopmentStage)] = static_cast<std::int64_t>(number % 2);
  cell.codes[at(Coded::kDisease)] = 0;
  cell.codes[at(Coded::kTissue)] = static_cast<std::int64_t>(number % 3);
  cell.codes[at(Coded::kTissueGeneral)] = static_cast<std::int64_t>(number % 3 == 2);
  cell.codes[at(Coded::kTechSample)] = static_cast<std::int64_t>(3 * split + number % 3);
  cell.x.assign(kGenes, 0.0F);
  double total = 0;
  for (std::size_t gene = 0; gene < kGenes && number != 17; ++gene) {
    const auto count = rng.poisson(gene / 10 == type ? 4 : 0.2);
    cell.x[gene] = static_cast<float>(count);
    total += static_cast<double>(count);
  }
  const sparse::Normaliser normalise(total);
  for (float& value : cell.x) value = normalise(value);
  return cell;
}

std::string to_parquet(const std::filesystem::path& file) {
  return fmt::format(" TO {} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 1024);", in_quotes(file.string()));
}

}  // namespace

ParquetStoreFiles::ParquetStoreFiles(std::filesystem::path folder_, const std::array<Parts, 3>& parts)
    : folder(std::move(folder_)), ontology(folder / "cl.obo") {
  gene_ids = tests::gene_ids(kGenes, 101 - kGenes);
  std::ranges::reverse(gene_ids);
  lookups = {{{"study A", "study B"},
              {"donor 0", "donor 1", "donor's 2"},
              {"10x 3' v2", "10x 3' v3"},
              {"T cell", "CD4 T cell", "B cell", "CD8 T cell"},
              {"adult stage", "newborn stage"},
              {"normal"},
              {"left lung", "blood", "liver"},
              {"lung", "liver"},
              {}}};
  for (int i = 0; i < 9; ++i) lookups[at(Coded::kTechSample)].push_back(fmt::format("study_donor {}", i));
  for (const char* name : {"train", "val", "test", "categorical_lookup", "cell_type_hierarchy"}) {
    std::filesystem::create_directories(folder / name);
  }
  std::ofstream(ontology) << small_obo();
  write_tables();
  std::string sql = "SET threads = 1;";
  for (std::size_t split = 0; split < 3; ++split) {
    std::size_t begin = 0;
    for (std::size_t part = 0; part < parts[split].size(); ++part) {
      for (std::size_t i = 0; i < parts[split][part]; ++i) cells[split].push_back(make_cell(split, begin + i));
      sql += sql_of_part(split, part, begin);
      begin = cells[split].size();
    }
  }
  run_sql(sql);
  write_arrays();
  write_metadata("train", cells[0].size());
  write_metadata("val", cells[1].size());
  std::ofstream(folder / "test" / "_metadata") << "no Parquet";
}

void ParquetStoreFiles::write_metadata(const std::string& split, std::size_t n_cells) const {
  const std::filesystem::path file = folder / split / "_metadata";
  run_sql(fmt::format("COPY (SELECT i AS idx FROM range({}) t(i))", n_cells) + to_parquet(file));
  const std::string whole = read_bytes(file);
  std::uint32_t footer_bytes = 0;
  constexpr std::size_t kAfterFooter = sizeof(footer_bytes) + 4;  // its length, and PAR1
  std::memcpy(&footer_bytes, whole.data() + whole.size() - kAfterFooter, sizeof(footer_bytes));
  write_bytes(file, "PAR1" + whole.substr(whole.size() - kAfterFooter - footer_bytes));
}

void ParquetStoreFiles::write_tables() const {
  std::string sql = "CREATE TABLE var(soma_joinid BIGINT, feature_id VARCHAR, feature_name VARCHAR);";
  for (std::size_t i = 0; i < gene_ids.size(); ++i) {
    sql += fmt::format("INSERT INTO var VALUES ({}, {}, 'G{}');", i, in_quotes(gene_ids[i]), i);
  }
  sql += "COPY var" + to_parquet(folder / "var.parquet");
  for (std::size_t column = 0; column < lookups.size(); ++column) {
    const std::string name(corpus::name(static_cast<Coded>(column)));
    sql += fmt::format("CREATE TABLE {}(label VARCHAR, __index_level_0__ BIGINT);", name);
    for (std::size_t i = 0; i < lookups[column].size(); ++i) {
      sql += fmt::format("INSERT INTO {} VALUES ({}, {});", name, in_quotes(lookups[column][i]), i);
    }
    sql += fmt::format("COPY {}", name) + to_parquet(folder / "categorical_lookup" / (name + ".parquet"));
  }
  run_sql(sql);
}

void ParquetStoreFiles::write_arrays() const {
  // Row: parent, column: child. CD4 and CD8 are T cells.
  write_npy(folder / "cell_type_hierarchy" / "child_matrix.npy", {4, 4},
            std::vector<double>{1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  std::map<std::int64_t, double> n_cells;
  for (const PublishedCell& cell : cells[0]) ++n_cells[cell.codes[at(Coded::kCellType)]];
  std::vector<double> weights;
  for (const auto& [type, n] : n_cells) {
    weights.push_back(static_cast<double>(cells[0].size()) / (static_cast<double>(n_cells.size()) * n));
  }
  write_npy(folder / "class_weights.npy", {std::ssize(weights)}, weights);
  std::vector<float> vectors(3 * kGenes, 0.0F);
  for (std::size_t i = 0; i < vectors.size(); i += 4) vectors[i] = static_cast<float>(i % 3) - 0.75F;
  write_npy(folder / "augmentations.npy", {3, kGenes}, vectors);
}

std::string ParquetStoreFiles::sql_of_part(std::size_t split, std::size_t number, std::size_t begin) const {
  const std::size_t end = cells[split].size();
  std::string columns;
  for (std::size_t i = 0; i < corpus::kNumCoded; ++i) {
    columns += fmt::format("{} BIGINT, ", corpus::name(static_cast<Coded>(i)));
  }
  std::string sql = fmt::format(
      "CREATE OR REPLACE TABLE part(X FLOAT[], soma_joinid BIGINT, is_primary_data BOOLEAN, {}idx BIGINT, "
      "__null_dask_index__ BIGINT); INSERT INTO part VALUES ",
      columns);
  for (std::size_t i = begin; i < end; ++i) {
    const PublishedCell& cell = cells[split][i];
    sql += fmt::format("('[{:.9g}]'::FLOAT[], {}, {}, {}, {}, {}),", fmt::join(cell.x, ", "), cell.soma_joinid,
                       cell.is_primary, fmt::join(cell.codes, ", "), i, i);
  }
  sql.back() = ';';
  // In pieces of 1,024, so that row groups have that many rows.
  std::string pieces;
  for (std::size_t first = begin; first < end; first += 1024) {
    pieces += fmt::format("{}(SELECT * FROM part WHERE idx BETWEEN {} AND {})", first == begin ? "" : " UNION ALL ",
                          first, first + 1023);
  }
  return sql + "COPY (" + pieces + ")" + to_parquet(folder / kSplits[split] / fmt::format("part.{}.parquet", number));
}

ParquetStoreFiles ParquetStoreFiles::copy_to(const std::filesystem::path& other) const {
  std::filesystem::copy(folder, other, std::filesystem::copy_options::recursive);
  ParquetStoreFiles copied = *this;
  copied.folder = other;
  return copied;
}

void ParquetStoreFiles::rewrite(const std::filesystem::path& name, const std::string& select) const {
  const std::filesystem::path file = folder / name;
  const std::filesystem::path before = file.string() + ".before";
  std::filesystem::rename(file, before);
  run_sql(
      fmt::format("COPY (SELECT {} FROM read_parquet({})){}", select, in_quotes(before.string()), to_parquet(file)));
  std::filesystem::remove(before);
}

}  // namespace sctab::tests
