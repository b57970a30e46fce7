#include "lab/simulate/source_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <future>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lab/simulate/measured.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/h5ad/writer.hpp"

namespace sctab::simulate {
namespace {

// A few cells for curation to remove.
constexpr double kNotPrimary = 0.01;
constexpr double kOtherAssay = 0.01;
constexpr double kUnknownDonor = 0.005;

double draw_part_of_relative(core::Rng& rng) {
  return std::min(0.5, std::abs(measured::kPartOfRelativeSd * rng.normal()));
}

struct CellBlock {
  sparse::CsrMatrix counts;
  std::vector<CellFacts> facts;
};

/// Everything needed to draw the cells of one donor. Immutable, so threads may share it; about 300 kB per type.
class DonorCells {
 public:
  /// donor: position in the cohort. Both references must outlive this.
  DonorCells(const Cohort& cohort, const ExpressionModel& model, std::size_t donor, std::uint64_t seed,
             core::ThreadPool& pool);

  /// Cells [begin, end) of the whole simulation, which must be this donor's. Depends only on the seed and the cells.
  [[nodiscard]] CellBlock draw(CellIndex begin, CellIndex end) const;

 private:
  [[nodiscard]] CellFacts draw_facts(core::Rng& rng) const;
  void draw_counts(CountSampler& sampler, const CellFacts& facts, core::Rng& rng) const;
  [[nodiscard]] double draw_library(core::Rng& rng, const CellFacts& facts) const;

  const Cohort& cohort_;
  const Donor& donor_;
  core::Rng rng_;
  sparse::GeneIndex n_genes_;
  std::vector<double> cumulative_;                       // sums of donor_.kinds
  std::vector<std::optional<CountProfile>> of_types_;    // those the donor has
  std::vector<std::optional<CountProfile>> of_tissues_;  // the soup: the mean of the tissue's cells
  std::vector<std::vector<std::size_t>> relatives_;      // by type, those that the donor has
};

DonorCells::DonorCells(const Cohort& cohort, const ExpressionModel& model, std::size_t donor, std::uint64_t seed,
                       core::ThreadPool& pool)
    : cohort_(cohort),
      donor_(cohort.donors[donor]),
      rng_(core::Rng(seed).child("cells")),
      n_genes_(model.n_genes()),
      cumulative_(donor_.kinds.size()),
      of_types_(cohort.types.size()),
      of_tissues_(kTissues),
      relatives_(cohort.types.size()) {
  std::partial_sum(donor_.kinds.begin(), donor_.kinds.end(), cumulative_.begin());
  const auto n_genes = static_cast<std::size_t>(n_genes_);
  const auto effects = model.donor_effects(static_cast<std::uint64_t>(donor_.source), donor);
  std::vector<std::vector<float>> shares(of_types_.size());
  pool.parallel_for(static_cast<std::int64_t>(of_types_.size()), [&](std::int64_t index) {
    const auto type = static_cast<std::size_t>(index);
    double of_type = 0;
    for (std::size_t tissue = 0; tissue < kTissues; ++tissue) of_type += cohort_.share(donor_, tissue, type);
    if (!(of_type > 0)) return;
    shares[type] = model.shares(type, donor, effects);
    of_types_[type].emplace(shares[type], model.dispersions(shares[type]));
  });
  const std::vector<float> poisson(n_genes, 0.0F);
  for (std::size_t tissue = 0; tissue < kTissues; ++tissue) {
    std::vector<float> soup(n_genes, 0.0F);
    double sum = 0;
    for (std::size_t type = 0; type < shares.size(); ++type) sum += cohort_.share(donor_, tissue, type);
    if (!(sum > 0)) continue;
    for (std::size_t type = 0; type < shares.size(); ++type) {
      const auto weight = static_cast<float>(cohort_.share(donor_, tissue, type) / sum);
      for (std::size_t gene = 0; weight > 0 && gene < n_genes; ++gene) soup[gene] += weight * shares[type][gene];
    }
    of_tissues_[tissue].emplace(soup, poisson, 1.0);  // small parts of cells: no gene directly
  }
  for (std::size_t type = 0; type < relatives_.size(); ++type) {
    std::ranges::copy_if(cohort_.relatives[type], std::back_inserter(relatives_[type]),
                         [&](std::size_t other) { return of_types_[other].has_value(); });
  }
}

CellFacts DonorCells::draw_facts(core::Rng& rng) const {
  const double at = rng.uniform() * cumulative_.back();
  auto kind =
      static_cast<std::size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin());
  while (kind == donor_.kinds.size() || !(donor_.kinds[kind] > 0)) --kind;
  CellFacts facts;
  facts.tissue = static_cast<std::uint8_t>(kind / cohort_.types.size());
  facts.type = static_cast<std::uint8_t>(kind % cohort_.types.size());
  facts.assay = static_cast<std::uint8_t>(rng.uniform() < kOtherAssay ? std::size(kAssays) - 1 : donor_.assay);
  facts.primary = rng.uniform() >= kNotPrimary;
  facts.donor_known = rng.uniform() >= kUnknownDonor;
  return facts;
}

double DonorCells::draw_library(core::Rng& rng, const CellFacts& facts) const {
  return std::exp(cohort_.log_library_of_type[facts.type] + donor_.log_library + kAssays[facts.assay].log_library +
                  measured::interpolate(measured::kLogLibraryQuantiles, rng.uniform()));
}

void DonorCells::draw_counts(CountSampler& sampler, const CellFacts& facts, core::Rng& rng) const {
  const double library = draw_library(rng, facts);
  const double ambient = donor_.ambient * library;
  double own = library - ambient;
  sampler.add(*of_tissues_[facts.tissue], ambient, rng);
  if (const auto& relatives = relatives_[facts.type]; !relatives.empty()) {
    const double part = own * draw_part_of_relative(rng);
    sampler.add(*of_types_[relatives[rng.below(relatives.size())]], part, rng);
    own -= part;
  }
  sampler.add(*of_types_[facts.type], own, rng);
}

// Cells of one type are drawn together, while its tables are in the cache, and then put in order.
CellBlock DonorCells::draw(CellIndex begin, CellIndex end) const {
  core::check_interrupt();
  CellBlock block;
  std::vector<core::Rng> rngs;
  for (CellIndex cell = begin; cell < end; ++cell) {
    rngs.push_back(rng_.child("cell", static_cast<std::uint64_t>(cell)));
    block.facts.push_back(draw_facts(rngs.back()));
  }
  std::vector<std::size_t> by_type(rngs.size()), place(rngs.size());
  std::iota(by_type.begin(), by_type.end(), std::size_t{0});
  std::ranges::stable_sort(by_type, {}, [&](std::size_t i) { return block.facts[i].type; });
  CountSampler sampler(n_genes_);
  sparse::CsrMatrix drawn;
  drawn.clear(n_genes_);
  for (std::size_t i = 0; i < by_type.size(); ++i) {
    draw_counts(sampler, block.facts[by_type[i]], rngs[by_type[i]]);
    sampler.finish_cell(drawn);
    place[by_type[i]] = i;
  }
  block.counts.clear(n_genes_);
  for (const std::size_t i : place) {
    const sparse::RowView cell = drawn.row(static_cast<CellIndex>(i));
    block.counts.append_row(cell.indices, cell.data);
  }
  return block;
}

constexpr CellIndex kBlockCells = 512;  // about 10 MB of counts
constexpr std::int64_t kFirstGeneNumber = 9'000'001;

// The text of each cell, as a categorical column.
template <typename TextOfCell>
formats::Column text_column(std::string_view name, std::size_t n_cells, const TextOfCell& text_of_cell) {
  formats::Categorical column;
  column.codes.reserve(n_cells);
  std::unordered_map<std::string_view, std::int32_t> codes;
  for (std::size_t cell = 0; cell < n_cells; ++cell) {
    const std::string_view text = text_of_cell(cell);
    const auto [entry, is_new] = codes.try_emplace(text, static_cast<std::int32_t>(codes.size()));
    if (is_new) column.categories.emplace_back(text);
    column.codes.push_back(entry->second);
  }
  return {std::string(name), std::move(column)};
}

void write_obs(h5ad::Writer& writer, const Study& study, int source, const std::vector<CellFacts>& facts) {
  const auto donors = study.cohort.donors_of(source);
  const CellIndex first = donors.front().first_cell;
  std::vector<const Donor*> donor_of;
  formats::Strings names;
  for (const Donor& donor : donors) donor_of.insert(donor_of.end(), static_cast<std::size_t>(donor.n_cells), &donor);
  for (std::size_t cell = 0; cell < facts.size(); ++cell) {
    names.push_back(fmt::format("SIM-{:09}", first + static_cast<CellIndex>(cell)));
  }
  const std::string dataset = fmt::format("simulated-{:02}", source + 1);
  const auto label = [&](std::size_t cell) -> const ontology::Term& {
    return study.ontology.term(donor_of[cell]->labels[facts[cell].type]);
  };
  const auto truth = [&](std::size_t cell) -> const ontology::Term& {
    return study.ontology.term(study.cohort.types[facts[cell].type]);
  };
  std::vector<formats::Column> columns;
  const auto add = [&](std::string_view name, const auto& text) {
    columns.push_back(text_column(name, facts.size(), text));
  };
  using View = std::string_view;
  add("dataset_id", [&](std::size_t) -> View { return dataset; });
  add("donor_id", [&](std::size_t i) -> View { return facts[i].donor_known ? View(donor_of[i]->id) : "unknown"; });
  add("cell_type", [&](std::size_t i) -> View { return label(i).name; });
  add("cell_type_ontology_term_id", [&](std::size_t i) -> View { return label(i).id; });
  add("assay", [&](std::size_t i) -> View { return kAssays[facts[i].assay].name; });
  add("tissue", [&](std::size_t i) -> View { return tissues()[facts[i].tissue].name; });
  add("tissue_general", [&](std::size_t i) -> View { return tissues()[facts[i].tissue].general; });
  add("disease", [&](std::size_t i) -> View { return kDiseases[donor_of[i]->disease]; });
  add("true_cell_type", [&](std::size_t i) -> View { return truth(i).name; });
  add("true_cell_type_ontology_term_id", [&](std::size_t i) -> View { return truth(i).id; });
  formats::Booleans primary;
  for (const CellFacts& cell : facts) primary.push_back(cell.primary ? 1 : 0);
  columns.push_back({"is_primary_data", std::move(primary)});
  writer.write_obs(names, columns);
}

void write_var(h5ad::Writer& writer, sparse::GeneIndex n_genes) {
  formats::Strings ids, symbols;
  for (sparse::GeneIndex gene = 0; gene < n_genes; ++gene) {
    ids.push_back(gene_id(gene));
    symbols.push_back(gene_symbol(gene));
  }
  const std::vector<formats::Column> columns = {{"gene_symbol", std::move(symbols)}};
  writer.write_var(ids, columns);
}

}  // namespace

std::string gene_id(sparse::GeneIndex gene) {
  return fmt::format("ENSG{:011}", kFirstGeneNumber + gene);
}

std::string gene_symbol(sparse::GeneIndex gene) {
  return fmt::format("SIM{}", gene + 1);
}

std::vector<CellFacts> write_source(const std::filesystem::path& path, const Study& study, int source,
                                    core::ThreadPool& pool, core::Progress& progress) {
  // The fastest level: 4% more bytes than the writer's default, and a tenth less time.
  h5ad::Writer writer(path, study.model.n_genes(), {.gzip_level = 1, .pool = &pool});
  std::vector<CellFacts> facts;
  std::deque<std::future<CellBlock>> drawn;  // in cell order
  const auto write_first = [&] {
    core::check_interrupt();
    const CellBlock block = drawn.front().get();
    drawn.pop_front();
    writer.append(block.counts.view());
    facts.insert(facts.end(), block.facts.begin(), block.facts.end());
    progress.advance(block.counts.n_cells);
  };
  for (const Donor& donor : study.cohort.donors_of(source)) {
    const auto number = static_cast<std::size_t>(&donor - study.cohort.donors.data());
    const auto cells = std::make_shared<const DonorCells>(study.cohort, study.model, number, study.options.seed, pool);
    const CellIndex end = donor.first_cell + donor.n_cells;
    for (CellIndex begin = donor.first_cell; begin < end; begin += kBlockCells) {
      const CellIndex until = std::min(end, begin + kBlockCells);
      drawn.push_back(pool.submit([cells, begin, until] { return cells->draw(begin, until); }));
      if (drawn.size() > 2 * static_cast<std::size_t>(pool.size())) write_first();
    }
  }
  while (!drawn.empty()) write_first();
  write_obs(writer, study, source, facts);
  write_var(writer, study.model.n_genes());
  writer.write_uns({{"title", fmt::format("simulated by sctab, source {}", source + 1)}});
  writer.close();
  return facts;
}

}  // namespace sctab::simulate
