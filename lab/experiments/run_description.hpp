#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lab/charts/table.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

/// What a run did and how far it got, for its tables and page.
struct RunDescription {
  struct Lacking {
    std::string trial, reason;  // "tabnet, all, seed 1", and the error or empty
  };
  std::string recipe;     // file name; empty: nothing is known about the run
  bool is_small = false;  // the recipe's small form
  nlohmann::json store;   // from describe_store(); earlier versions kept only the hash
  std::string device;     // "cpu", "cuda"
  std::int64_t n_trials = 0, n_finished = 0;
  std::vector<Lacking> failed, not_finished;
};

/// The number of known donors of a split.
std::int64_t count_donors(const store::Store& store, store::Split split);

/// hash, genes, and the cells, donors and types of each split.
nlohmann::json describe_store(const store::Store& store);

/// Two columns for people.
charts::Table run_table(const RunDescription& run);
/// Trials that are missing from the tables, and why.
charts::Table lacking_table(const RunDescription& run);
nlohmann::json to_json(const RunDescription& run);

}  // namespace sctab::experiments
