#include "lab/experiments/run_description.hpp"

#include <fmt/format.h>

#include <set>

#include "sctab/core/numbers.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::experiments {
namespace {

using core::format_count;
using nlohmann::json;
using store::Split;

std::string numbers_of(const json& split) {
  const auto count = [&split](const char* key, const char* noun) {
    return core::plural(split.at(key).get<std::int64_t>(), noun);
  };
  return fmt::format("{} from {}, {}", count("cells", "cell"), count("donors", "donor"), count("types", "type"));
}

json list_of(const std::vector<RunDescription::Lacking>& trials) {
  json list = json::array();
  for (const auto& [trial, reason] : trials) list.push_back({{"trial", trial}, {"reason", reason}});
  return list;
}

}  // namespace

std::int64_t count_donors(const store::Store& store, Split split) {
  const auto donor_of_cell = store.codes(split, store::Field::kDonor);
  std::set<std::int32_t> donors(donor_of_cell.begin(), donor_of_cell.end());
  const auto& names = store.tables().column(store::Field::kDonor);
  std::erase_if(donors, [&names](std::int32_t donor) { return !store::is_known(names, donor); });
  return static_cast<std::int64_t>(donors.size());
}

json describe_store(const store::Store& store) {
  json described = {{"hash", store.hash()}, {"genes", store.genes().ids.size()}};
  for (const Split split : store::kSplits) {
    const auto type_of_cell = store.codes(split, store::Field::kCellType);
    const std::set<std::int32_t> types(type_of_cell.begin(), type_of_cell.end());
    described["splits"][std::string(store::name(split))] = {
        {"cells", store.n_cells(split)}, {"donors", count_donors(store, split)}, {"types", types.size()}};
  }
  return described;
}

charts::Table run_table(const RunDescription& run) {
  charts::Table table{{"this run", ""}, {}};
  const auto add = [&table](const std::string& what, const std::string& value) { table.rows.push_back({what, value}); };
  add("recipe", fmt::format("{}, {} form", run.recipe, run.is_small ? "small" : "full"));
  add("store", run.store.value("hash", std::string("unknown")));
  if (run.store.contains("genes")) add("genes", format_count(run.store.at("genes").get<std::int64_t>()));
  if (run.store.contains("splits")) {
    for (const Split split : store::kSplits) {
      const std::string name(store::name(split));
      add(name, numbers_of(run.store.at("splits").at(name)));
    }
  }
  add("sctab", SCTAB_VERSION);
  add("device", run.device);
  std::string trials = fmt::format("{} of {} finished", run.n_finished, run.n_trials);
  if (!run.failed.empty()) trials += fmt::format("; {} failed", run.failed.size());
  if (!run.not_finished.empty()) trials += fmt::format("; {} not finished", run.not_finished.size());
  add("trials", trials);
  return table;
}

charts::Table lacking_table(const RunDescription& run) {
  charts::Table table{{"trial", "state", "reason"}, {}};
  for (const auto& [trial, reason] : run.failed) table.rows.push_back({trial, "failed", reason});
  for (const auto& [trial, reason] : run.not_finished) table.rows.push_back({trial, "not finished", reason});
  return table;
}

json to_json(const RunDescription& run) {
  return {{"recipe", run.recipe},
          {"form", run.is_small ? "small" : "full"},
          {"store", run.store},
          {"sctab_version", SCTAB_VERSION},
          {"device", run.device},
          {"n_trials", run.n_trials},
          {"n_finished", run.n_finished},
          {"failed", list_of(run.failed)},
          {"not_finished", list_of(run.not_finished)}};
}

}  // namespace sctab::experiments
