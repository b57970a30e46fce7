#include <algorithm>
#include <string_view>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/formats/name_tables.hpp"

namespace sctab::fuzz {

/// Tables of labels as csv; those in Parquet are DuckDB's to read.
void fuzz_label_table(Bytes bytes) {
  constexpr std::string_view kParquet = "PAR1";
  if (bytes.size() >= kParquet.size() && std::equal(kParquet.begin(), kParquet.end(), bytes.begin())) return;
  const MemoryFile file(bytes);
  (void)formats::read_label_table(file.path());
}

}  // namespace sctab::fuzz
