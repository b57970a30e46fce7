#include "sctab/corpus/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "sctab/core/error.hpp"
#include "sctab/core/require.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::corpus {
namespace {

using store::Split;

// `count` of `n` positions, ascending, evenly spread from a random start; each position is in it with chance count / n.
std::vector<std::size_t> systematic_sample(std::size_t n, std::size_t count, core::Rng rng) {
  const double start = rng.uniform();
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < count; ++i) {
    const double at = (static_cast<double>(i) + start) * static_cast<double>(n) / static_cast<double>(count);
    positions.push_back(std::min(static_cast<std::size_t>(at), n - 1));
  }
  return positions;
}

std::vector<std::size_t> shuffled_within_datasets(std::span<const DonorSummary> donors, const core::Rng& rng) {
  std::map<std::int32_t, std::vector<std::size_t>> by_dataset;
  for (std::size_t donor = 0; donor < donors.size(); ++donor) by_dataset[donors[donor].dataset].push_back(donor);
  std::vector<std::vector<std::size_t>> datasets;
  for (auto& [dataset, members] : by_dataset) {
    rng.child("donors", static_cast<std::uint64_t>(dataset)).shuffle(std::span(members));
    datasets.push_back(std::move(members));
  }
  rng.child("datasets").shuffle(std::span(datasets));
  std::vector<std::size_t> order;
  for (const auto& members : datasets) order.insert(order.end(), members.begin(), members.end());
  return order;
}

// How many carriers of each type remain in train, and so who may leave.
class TrainingCarriers {
 public:
  TrainingCarriers(std::span<const DonorSummary> donors, std::span<const std::int32_t> types_without_donor) {
    for (const auto& donor : donors) {
      for (const std::int32_t type : donor.types) ++carriers_[type];
    }
    for (const std::int32_t type : types_without_donor) ++carriers_[type];
  }
  [[nodiscard]] bool can_leave(const DonorSummary& donor) const {
    return std::all_of(donor.types.begin(), donor.types.end(),
                       [this](std::int32_t type) { return carriers_.at(type) >= 2; });
  }
  void leave(const DonorSummary& donor) {
    for (const std::int32_t type : donor.types) --carriers_[type];
  }

 private:
  std::map<std::int32_t, std::int64_t> carriers_;
};

// Wanted number of donors of a split: at least one where it is wanted at all.
std::size_t target_count(double fraction, std::size_t n) {
  if (fraction <= 0) return 0;
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(fraction * static_cast<double>(n))));
}

// The donors held out, in the order of the sample.
std::vector<std::size_t> hold_out(std::span<const DonorSummary> donors,
                                  std::span<const std::int32_t> types_without_donor, std::size_t count,
                                  const SplitOptions& options) {
  const core::Rng rng = core::Rng(options.seed).child("split");
  const std::vector<std::size_t> order = shuffled_within_datasets(donors, rng);
  TrainingCarriers carriers(donors, types_without_donor);
  std::vector<std::uint8_t> taken(order.size(), 0);
  std::vector<std::size_t> held_out;
  for (const std::size_t position : systematic_sample(order.size(), count, rng.child("held out"))) {
    for (std::size_t step = 0; step < order.size(); ++step) {
      const std::size_t at = (position + step) % order.size();
      const DonorSummary& donor = donors[order[at]];
      if (taken[at] != 0 || (options.keep_types_in_train && !carriers.can_leave(donor))) continue;
      taken[at] = 1;
      carriers.leave(donor);
      held_out.push_back(order[at]);
      break;
    }
  }
  return held_out;
}

void require_enough_donors(std::size_t n, std::size_t needed) {
  if (n >= needed) return;
  const std::string found = n == 0   ? "no cell has a donor"
                            : n == 1 ? "all cells have one donor"
                                     : fmt::format("there are {} donors", n);
  throw core::InputError(
      {.found = found + " after curation",
       .expected = fmt::format("{} or more, to train on some and evaluate on others", needed),
       .next_step = "add sources with other donors, or name the column that tells donors apart with --donor-key"});
}

}  // namespace

void SplitOptions::validate() const {
  const auto require_fraction = [](double value, std::string_view field) {
    core::require(value >= 0 && value < 1, field, value, "a fraction of donors, 0 or more and below 1");
  };
  require_fraction(val_fraction, "val_fraction");
  require_fraction(test_fraction, "test_fraction");
  if (!(val_fraction + test_fraction < 1)) {
    throw core::InputError({.found = fmt::format("val_fraction {} and test_fraction {} leave no donors to train on",
                                                 val_fraction, test_fraction),
                            .expected = "a sum below 1"});
  }
}

std::vector<Split> split_donors(std::span<const DonorSummary> donors, std::span<const std::int32_t> types_without_donor,
                                const SplitOptions& options) {
  options.validate();
  const std::size_t n = donors.size();
  std::vector<Split> splits(n, Split::kTrain);
  const std::size_t n_val = target_count(options.val_fraction, n), n_test = target_count(options.test_fraction, n);
  const std::size_t n_splits = (n_val > 0 ? 1U : 0U) + (n_test > 0 ? 1U : 0U);
  if (n_splits == 0) return splits;
  require_enough_donors(n, n_splits + 1);

  const std::size_t wanted = std::min(n_val + n_test, n - 1);
  const auto held_out = hold_out(donors, types_without_donor, wanted, options);
  if (held_out.size() < n_splits) {
    throw core::InputError(
        {.found = fmt::format("only {} of {} donors can be held out: each of the others is the only one with some type",
                              held_out.size(), n),
         .expected = fmt::format("{} or more", n_splits),
         .next_step = "add sources that share types, raise --min-donors to 2 or more, or let types be absent from "
                      "training with --free-split"});
  }
  const double share = static_cast<double>(n_test) / static_cast<double>(n_val + n_test);
  std::size_t for_test = static_cast<std::size_t>(std::llround(share * static_cast<double>(held_out.size())));
  if (n_splits == 2) for_test = std::clamp<std::size_t>(for_test, 1, held_out.size() - 1);
  for (const std::size_t donor : held_out) splits[donor] = Split::kVal;
  const core::Rng rng = core::Rng(options.seed).child("split").child("test");
  for (const std::size_t position : systematic_sample(held_out.size(), for_test, rng)) {
    splits[held_out[position]] = Split::kTest;
  }
  return splits;
}

std::vector<Split> split_donors(const CellTable& cells, const SplitOptions& options) {
  const auto n_donors = static_cast<std::size_t>(cells.dictionary(Field::kDonor).size());
  const auto n_types = static_cast<std::size_t>(cells.dictionary(Field::kCellType).size());
  std::vector<DonorSummary> summaries(n_donors);
  std::vector<bool> carries((n_donors + 1) * n_types, false);  // the last row: cells without a donor
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells.kept[cell] == 0) continue;
    const std::int32_t code = cells.column(Field::kDonor)[cell];
    const std::size_t donor = code < 0 ? n_donors : static_cast<std::size_t>(code);
    carries[donor * n_types + static_cast<std::size_t>(cells.column(Field::kCellType)[cell])] = true;
    if (code >= 0) summaries[donor].dataset = cells.column(Field::kDataset)[cell];
  }
  std::vector<std::int32_t> types_without_donor;
  for (std::size_t donor = 0; donor <= n_donors; ++donor) {
    auto& types = donor == n_donors ? types_without_donor : summaries[donor].types;
    for (std::size_t type = 0; type < n_types; ++type) {
      if (carries[donor * n_types + type]) types.push_back(static_cast<std::int32_t>(type));
    }
  }
  std::vector<std::size_t> present;
  std::vector<DonorSummary> present_summaries;
  for (std::size_t donor = 0; donor < n_donors; ++donor) {
    if (summaries[donor].types.empty()) continue;
    present.push_back(donor);
    present_summaries.push_back(std::move(summaries[donor]));
  }
  const std::vector<Split> drawn = split_donors(present_summaries, types_without_donor, options);
  std::vector<Split> splits(n_donors, Split::kTrain);
  for (std::size_t i = 0; i < present.size(); ++i) splits[present[i]] = drawn[i];
  return splits;
}

}  // namespace sctab::corpus
