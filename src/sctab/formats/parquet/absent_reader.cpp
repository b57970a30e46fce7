// What a build without DuckDB's header has in place of the duckdb_*.cpp.
#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::parquet {

void require_available(const std::filesystem::path& path) {
  throw core::InputError({.file = path.string(),
                          .found = "is Parquet, which this sctab cannot read or write: it was built without DuckDB",
                          .next_step = "run tools/install-dependencies.sh and build again"});
}

std::optional<std::string> library_version() {
  return std::nullopt;
}

struct Reader::State {};

Reader::Reader(const std::filesystem::path& path, [[maybe_unused]] const std::vector<Column>& columns) {
  require_available(path);
}

Reader::~Reader() = default;

std::int64_t Reader::n_rows() const {
  return 0;
}

const Rows* Reader::next() {
  return nullptr;
}

std::int64_t rows_in_footer(const std::filesystem::path& path) {
  require_available(path);
  return 0;
}

std::vector<FileColumn> read_columns(const std::filesystem::path& path) {
  require_available(path);
  return {};
}

core::CsvTable read_table(const std::filesystem::path& path, [[maybe_unused]] std::int64_t most_rows) {
  require_available(path);
  return {};
}

void write_table(const std::filesystem::path& path, const std::vector<OutputColumn>& /*columns*/,
                 std::int64_t /*n_rows*/) {
  require_available(path);
}

}  // namespace sctab::parquet
