#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sctab/evaluate/evaluate_model.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

/// A developer's own model: a shell command that trains on a store and writes its calls of the test cells.
struct CommandRun {
  std::string command;          // from the recipe, with {store}, {out}, {seed} and {threads}
  std::filesystem::path calls;  // {out}: see score_calls(); the command's output goes to this path + ".log"
  std::uint64_t seed = 1;
  int threads = 1;
};

/// The command with its placeholders replaced and paths quoted for the shell.
std::string filled_in(const CommandRun& run, const std::filesystem::path& store);

/// Runs the command on the store and scores its calls of the test cells as evaluate_model() scores a model's; without
/// probabilities there is no uncertainty. Throws Interrupted, and InputError if the command fails or its csv is missing
/// or wrong.
evaluate::ModelEvaluation run_command(const CommandRun& run, const store::Store& store);

/// Scores the calls of a csv with the header row,cell_type_ontology_term_id and, if wanted, probability. It has each
/// row of the test split once, counted from 0 over the test shards, in any order, with a CL id or nothing (no call).
/// Throws InputError with file and line.
evaluate::ModelEvaluation score_calls(const std::filesystem::path& calls, const store::Store& store);

}  // namespace sctab::experiments
