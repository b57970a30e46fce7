#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lab/charts/table.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

/// What a run was of and how far it came, for who reads its tables and page.
struct RunDescription {
  struct Lacking {
    std::string trial, reason;  // "tabnet, all, seed 1", and what went wrong or that it is not finished
  };
  std::string recipe;     // file name; empty: nothing is known of the run
  bool is_small = false;  // the recipe's small form
  nlohmann::json store;   // what describe_store() gave; earlier versions left no more than the hash
  std::string device;     // "cpu", "cuda"
  std::int64_t n_trials = 0, n_finished = 0;
  std::vector<Lacking> failed, not_finished;
};

/// Of the cells of a split, without those of unknown donors.
std::int64_t count_donors(const store::Store& store, store::Split split);

/// hash, genes, and of each split cells, donors and types.
nlohmann::json describe_store(const store::Store& store);

/// Two columns, for people.
charts::Table run_table(const RunDescription& run);
/// Trials that tables lack, and why.
charts::Table lacking_table(const RunDescription& run);
nlohmann::json to_json(const RunDescription& run);

}  // namespace sctab::experiments
