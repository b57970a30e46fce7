#include "sctab/annotate/labels.hpp"

#include <limits>

#include "sctab/annotate/annotate.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/parquet.hpp"
#include "support/fixtures.hpp"

namespace sctab::annotate {
namespace {

const std::vector<model::CellTypeLabel> kTypes = {
    {"T cell", "CL:0000084"}, {"CD4-positive, alpha-beta T cell", "CL:0000624"}, {"B cell", "CL:0000236"}};

/// Rows with one count each, or none where `empty`.
sparse::CsrMatrix cells(const std::vector<bool>& empty) {
  sparse::CsrMatrix matrix;
  matrix.clear(4);
  const std::vector<core::GeneIndex> gene = {2};
  const std::vector<float> value = {1.5F};
  for (const bool none : empty) none ? matrix.append_row({}, {}) : matrix.append_row(gene, value);
  return matrix;
}

model::Prediction prediction(std::vector<float> probabilities) {
  const auto n = static_cast<std::int64_t>(probabilities.size()) / 3;
  return {.n_cells = n,
          .n_types = 3,
          .n_embedding = 2,
          .probabilities = std::move(probabilities),
          .embedding = std::vector<float>(static_cast<std::size_t>(2 * n), 7.0F)};
}

/// Four cells: B, CD4, empty, B.
Labels four_cells(model::Prediction* kept = nullptr) {
  Labels labels(kTypes);
  model::Prediction p = prediction({0.1F, 0.2F, 0.7F, 0.2F, 0.5F, 0.3F, 0.9F, 0.05F, 0.05F, 0, 0, 1});
  labels.append(cells({false, false, true, false}).view(), p);
  if (kept != nullptr) *kept = p;
  return labels;
}

TEST(Labels, TakesTheMostProbableTypeAndTheFirstOfTies) {
  Labels labels(kTypes);
  model::Prediction p = prediction({0.4F, 0.4F, 0.2F});
  labels.append(cells({false}).view(), p);
  EXPECT_EQ(labels.cells_per_type(), (std::map<std::string, std::int64_t>{{"T cell", 1}}));
}

TEST(Labels, TellsTheMedianUncertaintyOfEachType) {
  const auto medians = four_cells().median_uncertainty_per_type();
  ASSERT_EQ(medians.size(), 3U);
  EXPECT_NEAR(medians.at("B cell"), 0.15, 1e-6) << "the mean of 0.3 and 0, to the rounding of float";
  EXPECT_NEAR(medians.at("CD4-positive, alpha-beta T cell"), 0.5, 1e-6);
  EXPECT_EQ(medians.at("unknown"), 1);
  Labels three(kTypes);
  model::Prediction p = prediction({0.9F, 0.1F, 0, 0.5F, 0.2F, 0.3F, 0.6F, 0.2F, 0.2F});
  three.append(cells({false, false, false}).view(), p);
  EXPECT_NEAR(three.median_uncertainty_per_type().at("T cell"), 0.4, 1e-6);
}

TEST(Labels, TypesWithOneLabelShareItsMedian) {
  const std::vector<model::CellTypeLabel> types = {{"T cell", "CL:0000084"}, {"T cell", ""}, {"B cell", "CL:0000236"}};
  Labels labels(types);
  model::Prediction p = prediction({0.9F, 0.1F, 0, 0.8F, 0.2F, 0, 0.1F, 0.5F, 0.4F});
  labels.append(cells({false, false, false}).view(), p);
  EXPECT_EQ(labels.cells_per_type().at("T cell"), 3);
  EXPECT_NEAR(labels.median_uncertainty_per_type().at("T cell"), 0.2, 1e-6);
}

TEST(Labels, CallsACellWithoutCountsUnknownForAnyProbabilities) {
  model::Prediction p;
  const Labels labels = four_cells(&p);
  EXPECT_EQ(labels.n_unknown(), 1);
  const std::map<std::string, std::int64_t> want = {
      {"B cell", 2}, {"CD4-positive, alpha-beta T cell", 1}, {"unknown", 1}};
  EXPECT_EQ(labels.cells_per_type(), want);
  const auto columns = labels.obs_columns();
  EXPECT_EQ(std::get<formats::Reals32>(columns[2].values), (std::vector<float>{0.7F, 0.5F, 0, 1}));
  EXPECT_EQ(columns[3].name, "sctab_uncertainty");
  EXPECT_EQ(std::get<formats::Reals32>(columns[3].values), (std::vector<float>{1 - 0.7F, 0.5F, 1, 0}));
  EXPECT_EQ(p.embedding, (std::vector<float>{7, 7, 7, 7, 0, 0, 7, 7}));
}

TEST(Labels, MakesCategoriesOfTheTypesThatOccurInAlphabeticalOrder) {
  const auto columns = four_cells().obs_columns();
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[0].name, "sctab_cell_type");
  const auto& labels = std::get<formats::Categorical>(columns[0].values);
  EXPECT_EQ(labels.categories, (std::vector<std::string>{"B cell", "CD4-positive, alpha-beta T cell", "unknown"}));
  EXPECT_EQ(labels.codes, (std::vector<std::int32_t>{0, 1, 2, 0}));
  const auto& ids = std::get<formats::Categorical>(columns[1].values);
  EXPECT_EQ(ids.categories, (std::vector<std::string>{"CL:0000236", "CL:0000624", "unknown"}));
  EXPECT_EQ(ids.value(1), "CL:0000624");
}

TEST(Labels, GivesTwoTypesOfOneNameOneCategory) {
  const std::vector<model::CellTypeLabel> twins = {{"cell", "CL:0000001"}, {"cell", "CL:0000002"}, {"B cell", "CL:3"}};
  Labels labels(twins);
  model::Prediction p = prediction({1, 0, 0, 0, 1, 0});
  labels.append(cells({false, false}).view(), p);
  EXPECT_EQ(std::get<formats::Categorical>(labels.obs_columns()[0].values).codes, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(std::get<formats::Categorical>(labels.obs_columns()[1].values).codes, (std::vector<std::int32_t>{0, 1}));
}

TEST(Labels, WritesACsvWithQuotedNames) {
  const tests::TemporaryFolder folder;
  const std::vector<std::string> names = {"c1", "c,2", "c3", "c\"4"};
  four_cells().write_table(folder / "labels.csv", OutputFormat::kCsv, names);
  EXPECT_EQ(tests::read_bytes(folder / "labels.csv"),
            "cell,cell_type,cell_type_ontology_term_id,probability,uncertainty\n"
            "c1,B cell,CL:0000236,0.7,0.3\n"
            "\"c,2\",\"CD4-positive, alpha-beta T cell\",CL:0000624,0.5,0.5\n"
            "c3,unknown,unknown,0,1\n"
            "\"c\"\"4\",B cell,CL:0000236,1,0\n");
}

TEST(Labels, WritesATsvWithTabsQuoted) {
  const tests::TemporaryFolder folder;
  const std::vector<std::string> names = {"c1", "c,2", "c\t3", "c\"4"};
  four_cells().write_table(folder / "labels.tsv", OutputFormat::kTsv, names);
  EXPECT_EQ(tests::read_bytes(folder / "labels.tsv"),
            "cell\tcell_type\tcell_type_ontology_term_id\tprobability\tuncertainty\n"
            "c1\tB cell\tCL:0000236\t0.7\t0.3\n"
            "\"c,2\"\t\"CD4-positive, alpha-beta T cell\"\tCL:0000624\t0.5\t0.5\n"
            "\"c\t3\"\tunknown\tunknown\t0\t1\n"
            "\"c\"\"4\"\tB cell\tCL:0000236\t1\t0\n");
}

TEST(Labels, WritesParquet) {
  if (!parquet::is_available()) GTEST_SKIP() << "needs DuckDB";
  const tests::TemporaryFolder folder;
  const std::vector<std::string> names = {"c1", "c,2", "", "c\"4"};
  const std::filesystem::path path = folder / "'quoted'.parquet";
  four_cells().write_table(path, OutputFormat::kParquet, names);
  const core::CsvTable table = parquet::read_table(path);
  EXPECT_EQ(table.header, (std::vector<std::string>{"cell", "cell_type", "cell_type_ontology_term_id", "probability",
                                                    "uncertainty"}));
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.rows[1],
            (std::vector<std::string>{"c,2", "CD4-positive, alpha-beta T cell", "CL:0000624", "0.5", "0.5"}));
  EXPECT_EQ(table.rows[2], (std::vector<std::string>{"", "unknown", "unknown", "0.0", "1.0"}));
  SCTAB_EXPECT_THROW_WITH(four_cells().write_table("/no/such/folder/x.parquet", OutputFormat::kParquet, names),
                          core::InputError, "x.parquet", "cannot be written");
}

TEST(Labels, WritesLongCsvsWhole) {
  const tests::TemporaryFolder folder;
  constexpr std::size_t kCells = 70'000;  // more than is written at once
  Labels labels(kTypes);
  std::vector<float> probabilities;
  std::vector<std::string> names;
  std::string want = "cell,cell_type,cell_type_ontology_term_id,probability,uncertainty\n";
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    probabilities.insert(probabilities.end(), {0.75F, 0.25F, 0});
    names.push_back(std::to_string(cell));
    want += names.back() + ",T cell,CL:0000084,0.75,0.25\n";
  }
  model::Prediction p = prediction(std::move(probabilities));
  labels.append(cells(std::vector<bool>(kCells, false)).view(), p);
  labels.write_table(folder / "labels.csv", OutputFormat::kCsv, names);
  EXPECT_EQ(tests::read_bytes(folder / "labels.csv"), want);
}

TEST(Labels, RefusesAnAnswerThatIsNotANumber) {
  Labels labels(kTypes);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  model::Prediction p = prediction({nan, nan, nan});
  SCTAB_EXPECT_THROW_WITH(labels.append(cells({false}).view(), p), core::InputError, "cell 0", "not a number");
}

TEST(Labels, NamesTheCsvThatCannotBeWritten) {
  const std::vector<std::string> names = {"1", "2", "3", "4"};
  SCTAB_EXPECT_THROW_WITH(four_cells().write_table("/no/such/folder/x.csv", OutputFormat::kCsv, names),
                          core::InputError, "x.csv", "No such file", "-o");
  SCTAB_EXPECT_THROW_WITH(four_cells().write_table("/dev/full", OutputFormat::kTsv, names), core::InputError,
                          "/dev/full", "No space left");
}

}  // namespace
}  // namespace sctab::annotate
