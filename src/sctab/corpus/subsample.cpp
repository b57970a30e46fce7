#include "sctab/corpus/subsample.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <span>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/corpus/cell_table.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::corpus {
namespace {

using core::InputError;
using store::Split;

// Which types each of n things (donors or cells) has cells of, of those types that are to be kept.
class TypesOfThings {
 public:
  // pairs: (thing, type), in any order and as often as they like.
  TypesOfThings(std::size_t n, std::vector<std::pair<std::int32_t, std::int32_t>> pairs) : begins_(n + 1, 0) {
    std::ranges::sort(pairs);
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());  // clang 14 cannot read std::ranges::unique
    for (const auto& [thing, type] : pairs) {
      ++begins_[static_cast<std::size_t>(thing) + 1];
      types_.push_back(type);
      ++n_having_[type];
    }
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  }
  // Takes the thing away and returns true, unless it alone has one of its types.
  bool remove(std::size_t thing) {
    const std::span types = std::span(types_).subspan(begins_[thing], begins_[thing + 1] - begins_[thing]);
    if (std::ranges::any_of(types, [this](std::int32_t type) { return n_having_.at(type) == 1; })) return false;
    for (const std::int32_t type : types) --n_having_.at(type);
    return true;
  }

 private:
  std::vector<std::size_t> begins_;  // of the types of each thing
  std::vector<std::int32_t> types_;
  std::map<std::int32_t, std::size_t> n_having_;  // by type
};

// 1 for the first ceil(fraction × n) of a seeded order of n things, and for those that `types` keeps.
std::vector<std::uint8_t> choose_first(std::size_t n, const SubsampleOptions& options, TypesOfThings types) {
  std::vector<CellIndex> order(n);
  std::iota(order.begin(), order.end(), 0);
  core::Rng(options.seed).child(fmt::format("subsample {}", name(options.by))).shuffle(std::span(order));
  const auto count = static_cast<std::size_t>(std::ceil(options.fraction * static_cast<double>(n)));
  std::vector<std::uint8_t> chosen(n, 1);
  for (std::size_t i = n; i-- > std::min(count, n);) {
    const auto thing = static_cast<std::size_t>(order[i]);
    chosen[thing] = types.remove(thing) ? 0 : 1;
  }
  return chosen;
}

// thing_of_cell: the donor of each cell, or the cell itself. Without keep_types no thing has any type.
TypesOfThings types_to_keep(const store::ObsTable& train, const store::CategoryTables& tables,
                            const SubsampleOptions& options, std::span<const std::int32_t> thing_of_cell,
                            std::size_t n_things) {
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs;
  const auto& names = tables.column(Field::kTissueGeneral);
  const auto is_asked_for = [&](std::int32_t tissue) {
    return options.only_tissues.empty() ||
           (tissue >= 0 && std::ranges::find(options.only_tissues, names[static_cast<std::size_t>(tissue)]) !=
                               options.only_tissues.end());
  };
  for (std::size_t cell = 0; options.keep_types && cell < thing_of_cell.size(); ++cell) {
    const std::int32_t type = train.column(Field::kCellType)[cell];
    if (type >= 0 && is_asked_for(train.column(Field::kTissueGeneral)[cell])) {
      pairs.emplace_back(thing_of_cell[cell], type);
    }
  }
  return {n_things, std::move(pairs)};
}

// Numbers the donors of the cells: (donor, dataset) in ascending order of their names, so that the numbers are the same
// for any order of the cells.
std::vector<std::int32_t> number_donors(const store::ObsTable& obs, const store::CategoryTables& tables,
                                        std::size_t& n_donors) {
  const auto& donors = obs.column(Field::kDonor);
  const auto& datasets = obs.column(Field::kDataset);
  const auto& names = tables.values[static_cast<std::size_t>(Field::kDonor)];
  const auto key = [&](std::size_t cell) {
    const bool known = store::is_known(names, donors[cell]);
    return std::pair(known ? donors[cell] : -1, known ? -1 : datasets[cell]);
  };
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> numbers;
  for (std::size_t cell = 0; cell < donors.size(); ++cell) numbers.emplace(key(cell), 0);
  std::int32_t next = 0;
  for (auto& [donor, number] : numbers) number = next++;
  n_donors = numbers.size();
  std::vector<std::int32_t> number_of_cell;
  for (std::size_t cell = 0; cell < donors.size(); ++cell) number_of_cell.push_back(numbers.at(key(cell)));
  return number_of_cell;
}

// Copies the cells of a split that are chosen.
void copy_cells(const store::Store& from, Split split, const store::ObsTable& obs,
                const std::vector<std::uint8_t>& chosen, const SubsampleOptions& options, store::Writer& writer,
                core::Progress& progress) {
  store::LoaderOptions loading;
  loading.shuffle = false;
  loading.normalise = false;
  loading.threads = options.threads;
  store::Loader loader(from, split, loading);
  store::Batch batch;
  sparse::CsrMatrix counts;
  std::vector<store::CellObs> cells;
  while (loader.next(batch)) {
    core::check_interrupt();
    counts.clear(batch.x.n_genes);
    cells.clear();
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(batch.rows[i]);
      if (chosen[row] == 0) continue;
      const sparse::RowView values = batch.x.row(static_cast<CellIndex>(i));
      counts.append_row(values.indices, values.data);
      store::CellObs cell;
      for (std::size_t field = 0; field < store::kNumFields; ++field) cell.codes[field] = obs.codes[field][row];
      cell.source_row = obs.source_row[row];
      cells.push_back(cell);
    }
    writer.add(counts.view(), cells, std::vector<Split>(cells.size(), split));
    progress.advance(static_cast<std::int64_t>(batch.rows.size()));
  }
}

// 1 for each type of the store that is, or lies below, one of without_types.
std::vector<std::uint8_t> types_left_out(const store::Store& from, const SubsampleOptions& options) {
  const auto& types = from.tables().cell_types;
  std::vector<std::uint8_t> left_out(types.size(), 0);
  if (options.without_types.empty()) return left_out;
  const auto ontology = ontology::Ontology::from_json(from.ontology(), (from.directory() / "ontology.json").string());
  for (const std::string& id : options.without_types) {
    const auto above = ontology.resolve(id);
    bool found = false;
    for (std::size_t type = 0; type < types.size(); ++type) {
      const auto below = ontology.resolve(types[type].id);
      if (types[type].id != id && !(above && below && ontology.is_a(*below, *above))) continue;
      left_out[type] = 1;
      found = true;
    }
    if (!found) {
      throw InputError({.subject = "--without-types " + id,
                        .found = fmt::format("{} has neither this type nor a subtype of it", from.directory().string()),
                        .next_step = "choose from the types that `sctab corpus describe` lists"});
    }
  }
  return left_out;
}

// 1 for each tissue_general of the store that is not among only_tissues.
std::vector<std::uint8_t> tissues_left_out(const store::Store& from, const SubsampleOptions& options) {
  const auto& tissues = from.tables().column(Field::kTissueGeneral);
  std::vector<std::uint8_t> left_out(tissues.size(), options.only_tissues.empty() ? 0 : 1);
  for (const std::string& tissue : options.only_tissues) {
    const auto found = std::ranges::find(tissues, tissue);
    if (found == tissues.end()) {
      throw InputError({.subject = "--only-tissues " + tissue,
                        .found = fmt::format("{} has no such tissue_general", from.directory().string()),
                        .expected = core::alternatives(tissues)});
    }
    left_out[static_cast<std::size_t>(found - tissues.begin())] = 0;
  }
  return left_out;
}

// 0 for the cells whose type, or tissue, is left out or missing, chosen or not.
void drop(const store::ObsTable& obs, Field field, const std::vector<std::uint8_t>& left_out,
          std::vector<std::uint8_t>& chosen) {
  const auto& codes = obs.column(field);
  for (std::size_t cell = 0; cell < chosen.size(); ++cell) {
    if (codes[cell] < 0 || left_out[static_cast<std::size_t>(codes[cell])] != 0) chosen[cell] = 0;
  }
}

SubsampleResult summarise(const store::ObsTable& train, const store::CategoryTables& tables,
                          const std::vector<std::uint8_t>& chosen, const std::vector<std::uint8_t>& left_out) {
  SubsampleResult result;
  std::set<std::int32_t> donors, donors_before, types, types_before;
  for (std::size_t cell = 0; cell < chosen.size(); ++cell) {
    const std::int32_t donor = train.column(Field::kDonor)[cell], type = train.column(Field::kCellType)[cell];
    const bool has_donor = store::is_known(tables.column(Field::kDonor), donor);
    ++result.train_cells_before;
    types_before.insert(type);
    if (has_donor) donors_before.insert(donor);
    if (chosen[cell] == 0) continue;
    ++result.train_cells;
    types.insert(type);
    if (has_donor) donors.insert(donor);
  }
  result.train_donors = static_cast<std::int64_t>(donors.size());
  result.train_donors_before = static_cast<std::int64_t>(donors_before.size());
  for (const std::int32_t type : types_before) {
    const auto position = static_cast<std::size_t>(type);
    if (types.count(type) == 0 && left_out[position] == 0) {
      result.types_lost.push_back(tables.cell_types[position].label);
    }
  }
  for (std::size_t type = 0; type < left_out.size(); ++type) {
    if (left_out[type] != 0) result.types_left_out.push_back(tables.cell_types[type].label);
  }
  return result;
}

nlohmann::json provenance(const store::Store& from, const SubsampleOptions& options, const SubsampleResult& result) {
  return {{"made_by", "sctab corpus subsample"},
          {"sctab_version", SCTAB_VERSION},
          {"by", name(options.by)},
          {"fraction", options.fraction},
          {"seed", options.seed},
          {"train_cells", result.train_cells},
          {"train_donors", result.train_donors},
          {"types_lost_from_train", result.types_lost},
          {"types_left_out", result.types_left_out},
          {"only_tissues", options.only_tissues},
          {"keep_types", options.keep_types},
          {"from", {{"path", from.directory().string()}, {"hash", from.hash()}, {"provenance", from.provenance()}}}};
}

}  // namespace

std::string_view name(SubsampleBy by) {
  return by == SubsampleBy::kCells ? "cells" : "donors";
}

void SubsampleOptions::validate() const {
  if (!(fraction > 0 && fraction <= 1)) {
    throw InputError(
        {.subject = "fraction", .found = fmt::format("{}", fraction), .expected = "above 0 and at most 1"});
  }
}

std::vector<std::uint8_t> choose_cells(const store::ObsTable& train, const store::CategoryTables& tables,
                                       const SubsampleOptions& options) {
  options.validate();
  const auto n_cells = static_cast<std::size_t>(train.size());
  if (options.by == SubsampleBy::kCells) {
    std::vector<std::int32_t> cells(options.keep_types ? n_cells : 0);
    std::iota(cells.begin(), cells.end(), 0);
    return choose_first(n_cells, options, types_to_keep(train, tables, options, cells, n_cells));
  }
  std::size_t n_donors = 0;
  const std::vector<std::int32_t> donor_of_cell = number_donors(train, tables, n_donors);
  const std::vector<std::uint8_t> chosen_donors =
      choose_first(n_donors, options, types_to_keep(train, tables, options, donor_of_cell, n_donors));
  std::vector<std::uint8_t> chosen;
  for (const std::int32_t donor : donor_of_cell) chosen.push_back(chosen_donors[static_cast<std::size_t>(donor)]);
  return chosen;
}

void check_subsample(const store::Store& from, const SubsampleOptions& options) {
  options.validate();
  static_cast<void>(types_left_out(from, options));
  static_cast<void>(tissues_left_out(from, options));
}

SubsampleResult subsample(const store::Store& from, const std::filesystem::path& to, const SubsampleOptions& options) {
  options.validate();
  if (std::filesystem::weakly_canonical(to) == std::filesystem::weakly_canonical(from.directory())) {
    throw InputError({.file = to.string(), .found = "is the store to read from", .next_step = "choose another -o"});
  }
  core::StagedFolder staged(to, store::store_folder(), options.overwrite);
  std::array<store::ObsTable, 3> obs;
  std::array<std::vector<std::uint8_t>, 3> chosen;
  const std::vector<std::uint8_t> left_out = types_left_out(from, options);
  const std::vector<std::uint8_t> other_tissues = tissues_left_out(from, options);
  CellIndex n_to_read = 0;
  for (const Split split : store::kSplits) {
    const auto i = static_cast<std::size_t>(split);
    obs[i] = from.obs(split);
    chosen[i].assign(static_cast<std::size_t>(obs[i].size()), 1);
    if (split == Split::kTrain) chosen[i] = choose_cells(obs[i], from.tables(), options);
    if (split != Split::kTest) {
      drop(obs[i], Field::kCellType, left_out, chosen[i]);
      if (!options.only_tissues.empty()) drop(obs[i], Field::kTissueGeneral, other_tissues, chosen[i]);
    }
    n_to_read += obs[i].size();
  }
  const SubsampleResult result = summarise(obs.front(), from.tables(), chosen.front(), left_out);
  if (!result.types_lost.empty()) {
    spdlog::warn("training cells of these types are all left out: {}", fmt::join(result.types_lost, ", "));
  }
  std::array<CellIndex, 3> n_cells{};
  for (std::size_t i = 0; i < obs.size(); ++i) n_cells[i] = std::ranges::count(chosen[i], 1);

  core::Progress progress("copying cells", n_to_read);
  store::WriterOptions writing;
  writing.seed = options.seed;
  writing.content = from.content();
  writing.threads = options.threads;
  writing.memory_bytes = options.memory_bytes;
  store::Writer writer(staged.path(), from.genes(), from.tables(), n_cells, writing);
  for (const Split split : store::kSplits) {
    const auto i = static_cast<std::size_t>(split);
    copy_cells(from, split, obs[i], chosen[i], options, writer, progress);
  }
  progress.finish();
  writer.finish(from.ontology(), provenance(from, options, result));
  (void)store::Store::open(staged.path());  // and the proof that no donor is in two splits
  staged.commit();
  return result;
}

}  // namespace sctab::corpus
