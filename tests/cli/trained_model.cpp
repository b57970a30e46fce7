#include "cli/trained_model.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "cli/test_cells.hpp"

namespace sctab::tests {
namespace fs = std::filesystem;
namespace {

void must_run(const std::vector<std::string>& arguments) {
  const Finished finished = run_sctab(arguments);
  if (finished.exit_code != 0) throw std::runtime_error(arguments.at(0) + " failed: " + finished.err);
}

}  // namespace

std::vector<std::string> build_arguments(const fs::path& source, const fs::path& store, const fs::path& ontology) {
  return {"corpus",      "build", source.string(), "-o", store.string(),    "--ontology", ontology.string(),
          "--min-cells", "1",     "--min-donors",  "1",  "--min-ancestors", "0",          "--quiet"};
}

TrainedModel::TrainedModel()
    : source(folder / "source.h5ad"),
      ontology(folder / "ontology.obo"),
      genes(folder / "genes.csv"),
      store(folder / "store"),
      model(folder / "model") {
  distinct_types_file(600, 10).write(source);
  write_test_ontology(ontology);
  write_test_genes(genes);
  auto build = build_arguments(source, store, ontology);
  build.insert(build.end(), {"--genes", genes.string()});
  must_run(build);
  must_run({"train", store.string(), "-o", model.string(), "--kind", "linear", "--epochs", "10", "--learning-rate",
            "0.01", "--threads", "1", "--quiet"});
}

const TrainedModel& TrainedModel::instance() {
  static const TrainedModel model;
  return model;
}

void write_truth(const fs::path& path) {
  write_bytes(path, R"({"made_by": "sctab simulate", "options": {"n_cells": 300, "seed": 7}})");
}

void expect_refused(const std::vector<std::string>& arguments, const fs::path& folder,
                    const std::vector<std::string>& texts) {
  const auto before = contents(folder);
  std::vector<std::string> quiet = arguments;
  quiet.emplace_back("--quiet");
  const Finished finished = run_sctab(quiet);
  std::cout << "    " << finished.err;  // so that a log shows what users are told
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << finished.err;
  EXPECT_TRUE(finished.err.starts_with("sctab: ")) << finished.err;
  for (const std::string& text : texts)
    EXPECT_NE(finished.err.find(text), std::string::npos) << text << "\n" << finished.err;
  EXPECT_TRUE(contents(folder) == before) << "files appeared, vanished or changed under " << folder;
}

}  // namespace sctab::tests
