#include "made_up_parquet_store.hpp"

#include <duckdb.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::bench {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kGenes = 19'331;
constexpr std::int64_t kRowGroup = 1024;
constexpr std::array<const char*, 9> kCoded = {"dataset_id", "donor_id",          "assay",
                                               "cell_type",  "development_stage", "disease",
                                               "tissue",     "tissue_general",    "tech_sample"};

/// A database in memory.
class Database {
 public:
  Database() {
    if (duckdb_open(nullptr, &database_) != DuckDBSuccess || duckdb_connect(database_, &connection_) != DuckDBSuccess) {
      throw std::runtime_error("DuckDB makes no database");
    }
  }
  ~Database() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  void run(const std::string& sql) {
    duckdb_result result{};
    const bool done = duckdb_query(connection_, sql.c_str(), &result) == DuckDBSuccess;
    const std::string reason = done ? "" : duckdb_result_error(&result);
    duckdb_destroy_result(&result);
    if (!done) throw std::runtime_error(reason);
  }
  [[nodiscard]] duckdb_connection connection() const { return connection_; }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

std::string to_parquet(const fs::path& file) {
  return fmt::format(" TO '{}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {});", file.string(), kRowGroup);
}

/// Genes as often as their expression has it, log-normal over genes.
std::vector<std::size_t> draw_lots(core::Rng& rng) {
  std::vector<double> means(kGenes);
  double total = 0;
  for (double& mean : means) total += mean = std::exp(1.7 * rng.normal());
  std::vector<std::size_t> lots;
  for (std::size_t gene = 0; gene < kGenes; ++gene) {
    lots.insert(lots.end(), static_cast<std::size_t>(means[gene] / total * (1 << 20) + rng.uniform()), gene);
  }
  return lots;
}

/// Some 2,000 genes a cell; library sizes vary fivefold.
void fill_cell(const std::vector<std::size_t>& lots, core::Rng& rng, float* cell) {
  std::fill(cell, cell + kGenes, 0.0F);
  const auto n_molecules = static_cast<int>(3800 * std::exp(0.5 * rng.normal()));
  for (int i = 0; i < n_molecules; ++i) cell[lots[rng.below(lots.size())]] += 1;
  const sparse::Normaliser normalise(n_molecules);
  for (std::size_t gene = 0; gene < kGenes; ++gene) cell[gene] = normalise(cell[gene]);
}

/// Appends a row group of X to the table `x`.
void append_cells(Database& database, const std::vector<std::size_t>& lots, core::Rng& rng) {
  duckdb_logical_type element = duckdb_create_logical_type(DUCKDB_TYPE_FLOAT);
  duckdb_logical_type list = duckdb_create_list_type(element);
  duckdb_data_chunk chunk = duckdb_create_data_chunk(&list, 1);
  duckdb_vector lists = duckdb_data_chunk_get_vector(chunk, 0);
  duckdb_list_vector_reserve(lists, kRowGroup * kGenes);
  duckdb_list_vector_set_size(lists, kRowGroup * kGenes);
  auto* entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(lists));
  auto* values = static_cast<float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(lists)));
  for (std::size_t cell = 0; cell < kRowGroup; ++cell) {
    entries[cell] = {cell * kGenes, kGenes};
    fill_cell(lots, rng, values + cell * kGenes);
  }
  duckdb_data_chunk_set_size(chunk, kRowGroup);
  duckdb_appender appender = nullptr;
  const bool appended = duckdb_appender_create(database.connection(), nullptr, "x", &appender) == DuckDBSuccess &&
                        duckdb_append_data_chunk(appender, chunk) == DuckDBSuccess;
  const bool ended = duckdb_appender_destroy(&appender) == DuckDBSuccess;
  duckdb_destroy_data_chunk(&chunk);
  duckdb_destroy_logical_type(&list);
  duckdb_destroy_logical_type(&element);
  if (!appended || !ended) throw std::runtime_error("cells cannot be appended");
}

void write_part(const fs::path& file, const std::vector<std::size_t>& lots, core::Rng& rng, std::int64_t first,
                std::int64_t n_cells) {
  Database database;
  database.run("SET threads = 1; CREATE TABLE x(X FLOAT[]);");
  std::string codes;
  for (const char* column : kCoded)
    codes += fmt::format("{} AS {}, ", std::string_view(column) == "cell_type" ? "(rowid % 2)::BIGINT" : "0::BIGINT",
                         column);
  if (file.parent_path().filename() != "train") {
    codes.replace(codes.find("0::BIGINT AS tech"), 1, file.parent_path().filename() == "val" ? "1" : "2");
  }
  std::string pieces;
  for (std::int64_t done = 0; done < n_cells; done += kRowGroup) {
    append_cells(database, lots, rng);
    pieces += fmt::format(
        "{}(SELECT X, rowid + {} AS soma_joinid, true AS is_primary_data, {}rowid + {} AS idx FROM x WHERE rowid "
        "BETWEEN {} AND {})",
        done == 0 ? "" : " UNION ALL ", first, codes, first, done, done + kRowGroup - 1);
  }
  database.run("COPY (" + pieces + ")" + to_parquet(file));
}

}  // namespace

fs::path made_up_parquet_store() {
  const fs::path folder = fs::temp_directory_path() / "sctab-bench-parquet";
  if (fs::exists(folder / "cl.obo")) return folder;
  fs::remove_all(folder);
  for (const char* name : {"train", "val", "test", "categorical_lookup"}) fs::create_directories(folder / name);
  Database tables;
  tables.run(
      fmt::format("COPY (SELECT 'ENSG' || lpad(i::VARCHAR, 11, '0') AS feature_id, '' AS feature_name FROM "
                  "range({}) t(i)){}",
                  kGenes, to_parquet(folder / "var.parquet")));
  for (const std::string column : kCoded) {
    const bool types = column == "cell_type";
    tables.run(fmt::format("COPY (SELECT unnest({}) AS label){}", types ? "['T cell', 'B cell']" : "['a', 'b', 'c']",
                           to_parquet(folder / "categorical_lookup" / (column + ".parquet"))));
  }
  core::Rng rng(1);
  const std::vector<std::size_t> lots = draw_lots(rng);
  for (std::int64_t part = 0; part < kMadeUpParts; ++part) {
    write_part(folder / "train" / fmt::format("part.{}.parquet", part), lots, rng, part * kCellsPerPart, kCellsPerPart);
  }
  for (const char* split : {"val", "test"}) write_part(folder / split / "part.0.parquet", lots, rng, 0, kRowGroup);
  std::ofstream(folder / "cl.obo") << "format-version: 1.2\n\n[Term]\nid: CL:0000084\nname: T cell\n\n[Term]\nid: "
                                      "CL:0000236\nname: B cell\n";
  return folder;
}

}  // namespace sctab::bench
