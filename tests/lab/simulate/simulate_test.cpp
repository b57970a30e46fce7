#include "lab/simulate/simulate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/simulate/lineage.hpp"
#include "lab/simulate/measured.hpp"
#include "sctab/core/index.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/genes/genes.hpp"
#include "sctab/sparse/normalise.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::simulate {
namespace {

using core::CellIndex;

SimulateOptions small_options() {
  core::Progress::set_quiet(true);
  SimulateOptions options;
  options.n_cells = 1500;
  options.n_sources = 2;
  options.n_donors = 5;
  options.n_types = 12;
  options.n_genes = 800;
  options.threads = 2;
  return options;
}

sparse::CsrMatrix read_counts(const h5ad::File& file) {
  sparse::CsrMatrix all;
  EXPECT_TRUE(file.read_rows("X")->next(file.n_cells() + 1, all));
  EXPECT_EQ(all.n_cells, file.n_cells());
  return all;
}

/// Counts and every obs column as text.
struct Content {
  sparse::CsrMatrix counts;
  std::map<std::string, std::vector<std::string>> obs;
  formats::Strings cells, genes;
};

Content read_content(const std::filesystem::path& path) {
  const h5ad::File file(path);
  Content content{read_counts(file), {}, file.obs_names(), file.var_names()};
  for (const std::string& name : file.obs_columns()) {
    const auto column = file.obs_as_text(name);
    for (std::size_t row = 0; row < column.codes.size(); ++row) content.obs[name].push_back(column.value(row));
  }
  return content;
}

void expect_same(const Content& a, const Content& b) {
  EXPECT_EQ(a.counts.indptr, b.counts.indptr);
  EXPECT_EQ(a.counts.indices, b.counts.indices);
  EXPECT_EQ(a.counts.data, b.counts.data);
  EXPECT_EQ(a.obs, b.obs);
  EXPECT_EQ(a.cells, b.cells);
  EXPECT_EQ(a.genes, b.genes);
}

TEST(Simulate, IsTheSameForAnyNumberOfThreads) {
  const tests::TemporaryFolder folder;
  SimulateOptions one = small_options(), three = small_options();
  one.threads = 1;
  three.threads = 3;
  const auto a = simulate(folder / "a", one), b = simulate(folder / "b", three);
  ASSERT_EQ(a.sources.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) expect_same(read_content(a.sources[i]), read_content(b.sources[i]));
  EXPECT_EQ(core::read_json(folder / "a" / "truth.json"), core::read_json(folder / "b" / "truth.json"));
  SimulateOptions other = one;
  other.seed = 2;
  const auto c = simulate(folder / "c", other);
  EXPECT_NE(read_content(a.sources[0]).counts.data, read_content(c.sources[0]).counts.data);
}

TEST(Simulate, LabelsAreTypesOrTheirParents) {
  const tests::TemporaryFolder folder;
  SimulateOptions options = small_options();
  options.coarse_labels = 0.5;
  const auto result = simulate(folder / "out", options);
  const auto ontology = ontology::Ontology::load(result.ontology);
  std::int64_t n_cells = 0, coarse = 0, not_primary = 0, unknown_donor = 0;
  std::set<std::string> assays, cells;
  for (const auto& source : result.sources) {
    const Content content = read_content(source);
    const auto& obs = content.obs;
    for (std::size_t i = 0; i < content.cells.size(); ++i, ++n_cells) {
      const auto label = ontology.find(obs.at("cell_type_ontology_term_id")[i]);
      const auto truth = ontology.find(obs.at("true_cell_type_ontology_term_id")[i]);
      ASSERT_TRUE(label && truth);
      EXPECT_EQ(ontology.term(*label).name, obs.at("cell_type")[i]);
      EXPECT_EQ(ontology.term(*truth).name, obs.at("true_cell_type")[i]);
      EXPECT_TRUE(ontology.is_a(*truth, *label));
      coarse += *label != *truth ? 1 : 0;
      not_primary += obs.at("is_primary_data")[i] == "False" ? 1 : 0;
      unknown_donor += obs.at("donor_id")[i] == "unknown" ? 1 : 0;
      assays.insert(obs.at("assay")[i]);
      EXPECT_TRUE(cells.insert(content.cells[i]).second) << "twice: " << content.cells[i];
    }
    EXPECT_EQ(std::set<std::string>(obs.at("dataset_id").begin(), obs.at("dataset_id").end()).size(), 1U);
  }
  EXPECT_EQ(n_cells, options.n_cells);
  EXPECT_EQ(result.n_cells, options.n_cells);
  EXPECT_GT(coarse, n_cells / 10);
  EXPECT_TRUE(not_primary > 0 && not_primary < n_cells / 20) << not_primary;
  EXPECT_TRUE(unknown_donor > 0 && unknown_donor < n_cells / 30) << unknown_donor;
  EXPECT_TRUE(assays.contains("Drop-seq") && assays.size() > 1);
}

TEST(Simulate, GenesAreListedInTheOrderOfTheSources) {
  const tests::TemporaryFolder folder;
  const auto result = simulate(folder / "out", small_options());
  const auto genes = genes::read_gene_list(result.genes);
  EXPECT_EQ(genes.size(), 800);
  EXPECT_EQ(genes.symbols.front(), "SIM1");
  EXPECT_EQ(genes::detect_id_kind(genes.ids), genes::GeneIdKind::kEnsemblHuman);
  for (const auto& source : result.sources) EXPECT_EQ(h5ad::File(source).var_names(), genes.ids);
}

TEST(Simulate, TruthCountsTheCells) {
  const tests::TemporaryFolder folder;
  const auto result = simulate(folder / "out", small_options());
  std::map<std::string, std::int64_t> cells;
  for (const auto& source : result.sources) {
    const Content content = read_content(source);
    for (const std::string& id : content.obs.at("true_cell_type_ontology_term_id")) ++cells[id];
  }
  const auto truth = core::read_json(folder / "out" / "truth.json");
  EXPECT_EQ(truth["cell_types"].size(), 12U);
  for (const auto& type : truth["cell_types"]) {
    EXPECT_EQ(type["cells"].get<std::int64_t>(), cells[type["id"]]) << type["name"];
  }
  EXPECT_EQ(truth["options"]["n_genes"], 800);
}

/// phi of var = mu + phi mu² by moments over the genes whose mean per 10,000 counts lies between the two.
double pooled_dispersion(const sparse::CsrMatrix& counts, double from, double to) {
  const auto n_genes = static_cast<std::size_t>(counts.n_genes);
  std::vector<double> sizes, sums(n_genes), top(n_genes);
  double total = 0, squares = 0;
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    sizes.push_back(sparse::library_size(counts.row(cell)));
    total += sizes.back();
    squares += sizes.back() * sizes.back();
  }
  for (std::size_t i = 0; i < counts.data.size(); ++i) {
    sums[static_cast<std::size_t>(counts.indices[i])] += static_cast<double>(counts.data[i]);
  }
  // The sum over cells of (x - s p)² - s p, with s the size and p the share: zeros first, then what the counts change.
  for (std::size_t gene = 0; gene < n_genes; ++gene) {
    const double p = sums[gene] / total;
    top[gene] = squares * p * p - total * p;
  }
  for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
    const auto row = counts.row(cell);
    for (std::size_t i = 0; i < row.data.size(); ++i) {
      const auto gene = static_cast<std::size_t>(row.indices[i]);
      const double x = static_cast<double>(row.data[i]);
      top[gene] += x * (x - 2 * sizes[static_cast<std::size_t>(cell)] * sums[gene] / total);
    }
  }
  double above = 0, below = 0;
  for (std::size_t gene = 0; gene < n_genes; ++gene) {
    const double p = sums[gene] / total;
    if (1e4 * p < from || 1e4 * p >= to) continue;
    above += top[gene];
    below += squares * p * p;
  }
  return above / below;
}

TEST(Simulate, CellsLookLikeTenxCells) {
  const tests::TemporaryFolder folder;
  SimulateOptions options = small_options();
  options.n_cells = 3000;
  options.n_donors = 12;
  options.n_types = 24;
  options.n_genes = 19'331;
  const auto result = simulate(folder / "out", options);
  std::vector<double> sizes, genes;
  for (const auto& source : result.sources) {
    const h5ad::File file(source);
    const auto counts = read_counts(file);
    sparse::check_counts(counts.view(), {}, 0, {});
    EXPECT_TRUE(file.summarise_values("X").integers);
    for (CellIndex cell = 0; cell < counts.n_cells; ++cell) {
      sizes.push_back(std::log(sparse::library_size(counts.row(cell))));
      genes.push_back(static_cast<double>(counts.row(cell).indices.size()));
    }
  }
  std::ranges::sort(sizes);
  std::ranges::sort(genes);
  const auto at = [](const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size()))];
  };
  EXPECT_NEAR(std::exp(at(sizes, 0.5)), 5500, 1200);
  EXPECT_NEAR(at(genes, 0.5), 2000, 300);
  // As in the measured studies: half of the cells within a factor of 1.5 to 2, one in a hundred above 3 medians.
  EXPECT_NEAR(at(sizes, 0.75) - at(sizes, 0.25), 0.85, 0.25);
  EXPECT_GT(at(sizes, 0.99) - at(sizes, 0.5), 1.1);
  EXPECT_GT(at(sizes, 0.99) - at(sizes, 0.5), at(sizes, 0.5) - at(sizes, 0.01) - 0.15);
}

TEST(Simulate, VarianceGrowsWithTheMeanAsMeasured) {
  const tests::TemporaryFolder folder;
  SimulateOptions options = small_options();
  options.n_cells = 3000;
  options.n_sources = options.n_donors = 1;
  options.n_types = 2;  // far from each other, so that no cell takes part in a relative's state
  options.n_genes = 19'331;
  const auto result = simulate(folder / "out", options);
  const Content content = read_content(result.sources[0]);
  sparse::CsrMatrix of_type;
  of_type.n_genes = content.counts.n_genes;
  for (std::size_t cell = 0; cell < content.cells.size(); ++cell) {
    if (content.obs.at("true_cell_type")[cell] != "classical monocyte") continue;
    const auto row = content.counts.row(static_cast<CellIndex>(cell));
    of_type.append_row(row.indices, row.data);
  }
  ASSERT_GT(of_type.n_cells, 500);
  for (const double mean : {0.6, 1.7, 5.0}) {
    const double want = measured::interpolate(measured::kDispersion, std::log(mean));
    const double got = pooled_dispersion(of_type, mean / 1.7, mean * 1.7);
    // Few genes with a large phi of their own weigh much in the moments.
    EXPECT_TRUE(got > 0.6 * want && got < 1.5 * want) << mean << ": " << got << ", measured " << want;
  }
}

TEST(Simulate, RefusesOptionsByName) {
  const tests::TemporaryFolder folder;
  const auto refused = [&](const char* field, auto change) {
    SimulateOptions options = small_options();
    change(options);
    SCTAB_EXPECT_THROW_WITH(simulate(folder / "out", options), core::InputError, field, "expected");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  };
  refused("n_cells", [](auto& o) { o.n_cells = 4; });
  refused("n_sources", [](auto& o) { o.n_sources = 0; });
  refused("n_donors", [](auto& o) { o.n_donors = 1; });
  refused("n_types", [](auto& o) { o.n_types = 41; });
  refused("n_types", [](auto& o) { o.n_types = 1; });
  refused("n_genes", [](auto& o) { o.n_genes = 10; });
  refused("donor_effect", [](auto& o) { o.donor_effect = -0.1; });
  refused("donor_effect", [](auto& o) { o.donor_effect = std::numeric_limits<double>::quiet_NaN(); });
  refused("coarse_labels", [](auto& o) { o.coarse_labels = 1.5; });
  refused("threads", [](auto& o) { o.threads = -1; });
}

TEST(Simulate, ReplacesItsOwnFolderOnly) {
  const tests::TemporaryFolder folder;
  SimulateOptions options = small_options();
  const auto first = simulate(folder / "out", options);
  options.n_sources = 1;
  SCTAB_EXPECT_THROW_WITH(simulate(folder / "out", options), core::InputError, "is a finished simulation of", "seed 1",
                          "--overwrite");
  options.overwrite = true;
  std::ofstream(folder / "out" / "notes.txt") << "mine";
  simulate(folder / "out", options);
  EXPECT_EQ(tests::read_bytes(folder / "out" / "notes.txt"), "mine");
  EXPECT_TRUE(std::filesystem::exists(first.sources[0]));
  EXPECT_FALSE(std::filesystem::exists(first.sources[1]));
  std::filesystem::create_directory(folder / "thesis");
  std::ofstream(folder / "thesis" / "chapter.txt") << "mine";
  SCTAB_EXPECT_THROW_WITH(simulate(folder / "thesis", options), core::InputError, "thesis", "truth.json");
  EXPECT_TRUE(std::filesystem::exists(folder / "thesis" / "chapter.txt"));
}

TEST(Simulate, LeavesNoFilesWhenInterrupted) {
  const tests::TemporaryFolder folder;
  core::set_interrupted(true);
  EXPECT_THROW(simulate(folder / "out", small_options()), core::Interrupted);
  core::set_interrupted(false);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Simulate, OpensInPython) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const tests::TemporaryFolder folder;
  const auto result = simulate(folder / "out", small_options());
  const auto python = sctab::tests::run_python("lab/simulate/check_sources.py", (folder / "out").string());
  EXPECT_EQ(python.status, 0) << python.output;
}

}  // namespace
}  // namespace sctab::simulate
