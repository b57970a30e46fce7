#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "published/network_checkpoint.hpp"
#include "sctab/published/import_checkpoint.hpp"
#include "support/fixtures.hpp"

namespace sctab::published::tests {

/// Files of one published network below a folder, with as many genes and labels as it has.
class PublishedFiles {
 public:
  PublishedFiles(const model::Architecture& architecture, const CheckpointText& checkpoint) {
    options.checkpoint = folder / "epoch=41.ckpt";
    options.hparams = folder / "hparams.yaml";
    options.genes = folder / "var.csv";
    options.labels = folder / "cell_type.csv";
    options.output = folder / "model";
    checkpoint.write(options.checkpoint);
    write(options.hparams, hparams_text(architecture));
    write(options.genes, genes_text(architecture));
    write(options.labels, labels_text(architecture));
  }

  static void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

  sctab::tests::TemporaryFolder folder;
  ImportOptions options;
};

}  // namespace sctab::published::tests
