#pragma once

#include <cstdint>
#include <span>

namespace sctab::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// Each gives bytes from anywhere to one parser and uses all that it gives back. Throws core::InputError where the
/// bytes are refused; any other exception, a crash, a hang or memory without bound is a fault of the parser. To add
/// one: declare it here, list it in CMakeLists.txt and in kHarnesses of replay_test.cpp, and put a few small files into
/// corpus/NAME.
void fuzz_boosted_trees(Bytes bytes);
void fuzz_checkpoint(Bytes bytes);
void fuzz_chunk(Bytes bytes);
void fuzz_codec(Bytes bytes);
void fuzz_csv(Bytes bytes);
void fuzz_dense_table(Bytes bytes);
void fuzz_features(Bytes bytes);
void fuzz_gene_list(Bytes bytes);
void fuzz_gzip_stream(Bytes bytes);
void fuzz_h5ad(Bytes bytes);
void fuzz_hdf5_cells(Bytes bytes);
void fuzz_hparams(Bytes bytes);
void fuzz_json(Bytes bytes);
void fuzz_label_table(Bytes bytes);
void fuzz_manifest(Bytes bytes);
void fuzz_mtx(Bytes bytes);
void fuzz_npy(Bytes bytes);
void fuzz_obo(Bytes bytes);
void fuzz_pickle(Bytes bytes);
void fuzz_safetensors(Bytes bytes);
void fuzz_shard(Bytes bytes);
void fuzz_tar(Bytes bytes);
void fuzz_toml(Bytes bytes);
void fuzz_ubjson(Bytes bytes);
void fuzz_zip(Bytes bytes);

/// Runs one of them with a small memory budget. InputError is no fault, but what it says is checked: one short line of
/// UTF-8 that a terminal can show. Throws std::logic_error where it is not.
void run_harness(void (*harness)(Bytes), Bytes bytes);

}  // namespace sctab::fuzz
