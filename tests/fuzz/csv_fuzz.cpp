#include <string>
#include <vector>

#include "fuzz/harnesses.hpp"
#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::fuzz {

/// The first byte gives the form of the table.
void fuzz_csv(Bytes bytes) {
  if (bytes.empty()) return;
  const core::CsvFormat format = {.separator = (bytes[0] & 1U) != 0 ? '\t' : ',',
                                  .quotes = (bytes[0] & 2U) == 0,
                                  .header = (bytes[0] & 4U) == 0,
                                  .comments = (bytes[0] & 8U) != 0};
  const std::string path = "table.csv";
  core::CsvReader csv(core::checked_text(std::string(bytes.begin() + 1, bytes.end()), path, "a csv"), path, format);
  std::size_t n_bytes = 0;
  for (std::vector<std::string> row; csv.next(row);) {
    SCTAB_ASSERT(!format.header || row.size() == csv.header().size());
    for (const std::string& field : row) n_bytes += field.size();
  }
  SCTAB_ASSERT(n_bytes < bytes.size());
}

}  // namespace sctab::fuzz
