#include "sctab/model/model_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "model/small_description.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "support/fixtures.hpp"
#include "support/random_network.hpp"

namespace sctab::model::tests {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using nlohmann::json;

class ModelDirectory : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(model_);
    const ModelDescription description = small_description(ModelKind::kMlp, "blood-model");
    sctab::tests::write_random_network(model_ / "model.safetensors", description.architecture, 1);
    write_description(model_, description);
  }

  void edit_config(const std::function<void(json&)>& edit) const {
    json config = core::read_json(model_ / "config.json");
    edit(config);
    core::write_json(model_ / "config.json", config);
  }

  sctab::tests::TemporaryFolder folder_;
  fs::path model_ = folder_ / "blood-model";
};

TEST_F(ModelDirectory, ReadsWhatWasWritten) {
  const ModelDescription want = small_description(ModelKind::kMlp, "blood-model");
  for (const fs::path& path : {model_, model_ / "", model_ / ".." / "blood-model"}) {
    const ModelDescription found = read_description(path);
    EXPECT_EQ(found.name, "blood-model");
    EXPECT_EQ(to_json(found.architecture), to_json(want.architecture));
    EXPECT_EQ(found.genes.ids, want.genes.ids);
    EXPECT_EQ(found.genes.symbols, want.genes.symbols);
    ASSERT_EQ(found.cell_types.size(), want.cell_types.size());
    EXPECT_EQ(found.cell_types[3].label, "type, 3");
    EXPECT_EQ(found.cell_types[3].id, "CL:0000003");
    EXPECT_EQ(found.ontology, want.ontology);
    EXPECT_EQ(found.training, want.training);
    EXPECT_TRUE(found.metrics.is_null());
    EXPECT_EQ(found.members, want.members);
  }
}

TEST_F(ModelDirectory, MetricsAndCardMayBeWrittenAnew) {
  const std::string before = model_hash(model_);
  ModelDescription description = read_description(model_);
  description.metrics = {{"macro_f1", 0.5}, {"per_type", {{{"id", "CL:0000003"}, {"f1", 0.75}}}}};
  write_description(model_, description);
  std::ofstream(model_ / "README.md", std::ios::app) << "a note\n";
  EXPECT_EQ(read_description(model_).metrics, description.metrics);
  EXPECT_EQ(model_hash(model_), before);
}

TEST_F(ModelDirectory, HashFollowsTheWeights) {
  const std::string before = model_hash(model_);
  const ModelDescription description = read_description(model_);
  sctab::tests::write_random_network(model_ / "model.safetensors", description.architecture, 77);
  write_description(model_, description);
  EXPECT_NE(model_hash(model_), before);
}

TEST_F(ModelDirectory, MissingFilesAreNamed) {
  SCTAB_EXPECT_THROW_WITH(read_description(folder_ / "none"), InputError, "none", "no such model directory");
  for (const char* file : {"config.json", "genes.tsv", "cell_types.tsv", "ontology.json", "model.safetensors"}) {
    const fs::path aside = folder_ / "aside";
    fs::rename(model_ / file, aside);
    SCTAB_EXPECT_THROW_WITH(read_description(model_), InputError, "blood-model", file);
    fs::rename(aside, model_ / file);
  }
  EXPECT_NO_THROW(read_description(model_));
}

TEST_F(ModelDirectory, ResizedAndChangedFilesAreNamed) {
  const fs::path weights = model_ / "model.safetensors";
  const auto size = fs::file_size(weights);
  std::fstream file(weights, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-3, std::ios::end);
  file.put('x');
  file.close();
  SCTAB_EXPECT_THROW_WITH(read_description(model_), InputError, "model.safetensors", "SHA-256");
  fs::resize_file(weights, size - 4);
  const std::string expected = "expected " + std::to_string(size) + " bytes";
  SCTAB_EXPECT_THROW_WITH(read_description(model_), InputError, "model.safetensors", expected.c_str());
}

TEST_F(ModelDirectory, MemberWeightsArePartOfTheModelAndOfANewerFormat) {
  EXPECT_EQ(core::read_json(model_ / "config.json").at("format_version"), 1) << "which every sctab reads";
  const std::string before = model_hash(model_);
  ModelDescription description = read_description(model_);
  EXPECT_TRUE(description.member_weights.empty());
  description.member_weights = {0.25};
  write_description(model_, description);
  EXPECT_EQ(core::read_json(model_ / "config.json").at("format_version"), 2);
  EXPECT_EQ(read_description(model_).member_weights, description.member_weights);
  EXPECT_NE(model_hash(model_), before);
}

TEST_F(ModelDirectory, BadConfigurationIsNamed) {
  const auto expect_refused = [&](const std::function<void(json&)>& edit, const char* what) {
    const json before = core::read_json(model_ / "config.json");
    edit_config(edit);
    SCTAB_EXPECT_THROW_WITH(read_description(model_), InputError, "blood-model", what);
    core::write_json(model_ / "config.json", before);
  };
  expect_refused([](json& c) { c["format_version"] = 4; }, "format_version: 4, which a newer sctab writes");
  expect_refused([](json& c) { c.erase("format_version"); }, "format_version");
  expect_refused([](json& c) { c = json::array(); }, "expected an object");
  expect_refused([](json& c) { c.erase("architecture"); }, "architecture");
  expect_refused([](json& c) { c["architecture"]["n_genes"] = 13; }, "genes.tsv: 12 genes; expected 13");
  expect_refused([](json& c) { c["architecture"]["n_types"] = 6; }, "cell_types.tsv: 5 cell types; expected 6");
  expect_refused([](json& c) { c["preprocessing"]["log1p"] = false; }, "preprocessing");
  expect_refused([](json& c) { c["members"] = {"a.safetensors", "../b.safetensors"}; }, "members[1]: ../b.safetensors");
  expect_refused([](json& c) { c["members"] = json::array(); }, "members: []; expected at least one file name");
  expect_refused([](json& c) { c["members"] = 3; }, "members: 3");
  expect_refused(
      [](json& c) {
        c["member_weights"] = {0.5, 0.5};
      },
      "member_weights: 2 numbers; expected one for each of 1 member");
  expect_refused([](json& c) { c["member_weights"] = {-0.5}; }, "member_weights[0]: -0.5; expected 1.2e-38 to");
  expect_refused([](json& c) { c["member_weights"] = {"much"}; }, "member_weights[0]: \"much\"");
  expect_refused([](json& c) { c["member_weights"] = {1e-60}; }, "member_weights[0]: 1e-60; expected 1.2e-38 to");
  expect_refused([](json& c) { c["member_weights"] = {1.0 / 3, 2.0 / 3, 1e300}; }, "member_weights[2]: 1e+300");
  expect_refused(
      [](json& c) {
        c["format_version"] = 2;
        c["member_weights"] = nullptr;
      },
      "member_weights: is missing; expected an array");
  expect_refused([](json& c) { c["member_weights"] = json::array(); },
                 "member_weights: 0 numbers; expected one for each of 1 member");
  expect_refused([](json& c) { c["format_version"] = 2; }, "member_weights: is missing; expected an array");
  expect_refused([](json& c) { c["format_version"] = 3; }, "member_weights: is missing");
  expect_refused([](json& c) { c["files"].erase("genes.tsv"); }, "genes.tsv");
  std::ofstream(model_ / "config.json") << "{";
  SCTAB_EXPECT_THROW_WITH(read_description(model_), InputError, "config.json", "not JSON");
}

TEST(ModelTables, BadLinesAreNamed) {
  const sctab::tests::TemporaryFolder folder;
  const fs::path path = folder / "table.tsv";
  const auto expect_refused = [&](const auto& read, const std::string& content, const char* what) {
    std::ofstream(path) << content;
    SCTAB_EXPECT_THROW_WITH(read(path), InputError, "table.tsv", what);
  };
  expect_refused(genes::read_genes_tsv, "", "header");
  expect_refused(genes::read_genes_tsv, "gene_id\tgene_symbol\nENSG1\n", "line 2: 1 field; expected 2");
  expect_refused(genes::read_genes_tsv, "gene_id\tgene_symbol\nENSG1\tA\nENSG1\tB\n", "line 3: the gene ENSG1 again");
  expect_refused(genes::read_genes_tsv, "gene_id\tgene_symbol\n\tA\n", "line 2: no gene id");
  const std::string header = "index\tlabel\tcell_type_ontology_term_id\n";
  expect_refused(read_cell_types, "index\tlabel\n", "header");
  expect_refused(read_cell_types, header + "1\tT cell\tCL:0000084\n", "line 2: the index '1'; expected 0");
  expect_refused(read_cell_types, header + "0\tT cell\n", "line 2: 2 fields; expected 3");
  SCTAB_EXPECT_THROW_WITH(genes::read_genes_tsv(folder / "none.tsv"), InputError, "none.tsv", "no such file");
}

TEST_F(ModelDirectory, NamesThatBreakATableAreRefused) {
  ModelDescription description = read_description(model_);
  description.cell_types[2].label = "two\nlines";
  SCTAB_EXPECT_THROW_WITH(write_description(model_, description), InputError, "cell_types.tsv", "two");
}

TEST(ModelCard, SaysOnceWhatMembersOfAMixedEnsembleShare) {
  ModelDescription description = small_description(ModelKind::kMlp, "mixed");
  Architecture& mixed = description.architecture;
  mixed.kind = ModelKind::kMixed;
  description.training = nlohmann::json::object();
  description.members.clear();
  for (int i = 0; i < 5; ++i) {
    const ModelKind kind = i % 2 == 0 ? ModelKind::kTabnet : ModelKind::kLinear;
    mixed.members.push_back(small_architecture(kind));
    description.members.push_back(fmt::format("member-{}.safetensors", i + 1));
    description.training["members"].push_back(
        {{"kind", name(kind)}, {"seed", i}, {"plan", {{"batch_size", 64}, {"seed", i}, {"architecture", {{"n", i}}}}}});
  }
  mixed.members[4].tabnet.n_d = 77;
  const std::string card = model_card(description);
  const auto count = [&card](const std::string& text) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = card.find(text, at)) != std::string::npos; ++at) ++n;
    return n;
  };
  EXPECT_EQ(count("| kind | mixed |"), 1U);
  EXPECT_EQ(count("| 2 × tabnet | "), 1U) << card;
  EXPECT_EQ(count("| 1 × tabnet | "), 1U) << card;
  EXPECT_EQ(count("n_d 77"), 1U) << card;
  EXPECT_EQ(count("| 2 × linear | - |"), 1U) << card;
  EXPECT_EQ(count("| member 5 | kind tabnet, seed 4 |"), 1U) << card;
  EXPECT_EQ(count("| 3 × plan of tabnet | batch_size 64 |"), 1U) << card;
  EXPECT_EQ(count("| 2 × plan of linear | batch_size 64 |"), 1U) << card;
  EXPECT_EQ(count("n_shared"), 2U) << card;
}

TEST(ModelCard, ShowsSeedsAsACommandTakesThem) {
  constexpr std::uint64_t kSeed = 2'352'355'433'555'214;
  ModelDescription description = small_description(ModelKind::kMlp, "one");
  description.training = {{"seed", kSeed}, {"plan", {{"seed", kSeed}}}, {"n_train_cells", 12'345}};
  std::string card = model_card(description);
  EXPECT_NE(card.find("| seed | 2352355433555214 |"), std::string::npos) << card;
  EXPECT_NE(card.find("| plan, seed | 2352355433555214 |"), std::string::npos) << card;
  EXPECT_NE(card.find("| n_train_cells | 12,345 |"), std::string::npos) << card;
  description.training = {{"members", {{{"kind", "mlp"}, {"seed", kSeed}}, {{"kind", "mlp"}, {"seed", 1000}}}}};
  card = model_card(description);
  EXPECT_NE(card.find("| member 1 | kind mlp, seed 2352355433555214 |"), std::string::npos) << card;
  EXPECT_NE(card.find("| member 2 | kind mlp, seed 1000 |"), std::string::npos) << card;
}

TEST(ModelCard, SaysWhatTheModelIs) {
  ModelDescription description = small_description(ModelKind::kTabnet, "blood");
  description.metrics = {{"macro_f1", 0.512345}, {"per_type", {{{"id", "CL:0000003"}, {"f1", 0.75}}}}};
  const std::string card = model_card(description);
  for (const char* text : {"# blood", "5 cell types", "12 genes", "cl/releases/2023-07-20", "| n_train_cells | 8,500 |",
                           "| plan, batch_size | 256 |", "- batch 256: small", "| macro_f1 | 0.5123 |",
                           "| type, 3 | CL:0000003 | 0.75 |", "| type, 4 | CL:0000004 | - |", "| kind | tabnet |"}) {
    EXPECT_NE(card.find(text), std::string::npos) << "no '" << text << "' in:\n" << card;
  }
}

}  // namespace
}  // namespace sctab::model::tests
