#pragma once

#include "sctab/formats/mtx/matrix_rows.hpp"
#include "sctab/formats/value_summary.hpp"

namespace sctab::mtx {

/// What the first 16 MB of a matrix's text show.
struct Inspection {
  bool is_sorted = false;  // by cell, as far as was read
  formats::ValueSummary values;
};

/// Throws InputError where an entry is damaged; where the whole file was read, also for a wrong number of entries.
Inspection inspect(const MatrixPlan& plan);

}  // namespace sctab::mtx
