#include "lab/experiments/run_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/evaluate/label_union.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

using core::TypeIndex;
using store::Split;

constexpr const char* kCallsHeader = "row,cell_type_ontology_term_id or row,cell_type_ontology_term_id,probability";

/// The calls of a developer's own model.
struct CallsFile {
  std::vector<std::string> ids;                      // the types that are called, each once
  std::vector<core::TypeIndex> calls;                // by test cell: its position in ids, or evaluate::kNoCall
  std::optional<std::vector<double>> probabilities;  // by test cell, in [0, 1]; 0 for no call
};

constexpr TypeIndex kMissing = -2;  // no line for this cell so far

core::CsvReader open_csv(const std::filesystem::path& path) {
  try {
    return core::CsvReader(path);
  } catch (const core::InputError& error) {
    throw error.within({.next_step = fmt::format("write the header {}", kCallsHeader)});
  }
}

/// Reads a csv with the header kCallsHeader. It has each row of the test split once, counted from 0 over the test
/// shards, in any order, with a CL id or nothing (no call). Throws InputError with file and line.
class CallsReader {
 public:
  CallsReader(const std::filesystem::path& path, std::int64_t n_cells) : path_(path), csv_(open_csv(path)) {
    result_.calls.assign(static_cast<std::size_t>(n_cells), kMissing);
  }

  CallsFile read() {
    const std::vector<std::string>& header = csv_.header();
    has_probabilities_ = header.size() == 3 && header[2] == "probability";
    const bool is_expected =
        (header.size() == 2 || has_probabilities_) && header[0] == "row" && header[1] == "cell_type_ontology_term_id";
    if (!is_expected) refuse(fmt::format("the header '{}'", fmt::join(header, ",")), kCallsHeader);
    if (has_probabilities_) result_.probabilities.emplace(result_.calls.size(), 0);
    for (std::vector<std::string> fields; csv_.next(fields);) take(fields);
    const auto missing = std::ranges::find(result_.calls, kMissing);
    if (missing == result_.calls.end()) return std::move(result_);
    throw core::InputError({.file = path_.string(),
                            .found = fmt::format("{} of {} test cells have no line; the first is row {}",
                                                 std::ranges::count(result_.calls, kMissing), result_.calls.size(),
                                                 missing - result_.calls.begin()),
                            .next_step = "write a line for every cell, with an empty id for no call"});
  }

 private:
  [[noreturn]] void refuse(std::string found, std::string expected) const {
    throw csv_.error({.found = std::move(found), .expected = std::move(expected)});
  }

  void take(const std::vector<std::string>& fields) {
    const auto row = core::parse_number<std::int64_t>(fields[0]);
    if (!row || *row < 0 || *row >= std::ssize(result_.calls)) {
      refuse(fmt::format("the row '{}'", fields[0]),
             fmt::format("0 to {}, a row of the test split", result_.calls.size() - 1));
    }
    TypeIndex& call = result_.calls[static_cast<std::size_t>(*row)];
    if (call != kMissing) refuse(fmt::format("row {} for the second time", *row), "each row once");
    const std::string& id = fields[1];
    if (!id.empty() && !id.starts_with("CL:")) {
      refuse(fmt::format("the type '{}'", id), "a Cell Ontology id such as CL:0000236, or nothing");
    }
    call = id.empty() ? evaluate::kNoCall : position_of(id);
    if (!has_probabilities_ || id.empty()) return;
    const auto probability = core::parse_number<double>(fields[2]);
    const bool is_one = probability && *probability >= 0 && *probability <= 1;
    if (!is_one) refuse(fmt::format("the probability '{}'", fields[2]), "0 to 1");
    (*result_.probabilities)[static_cast<std::size_t>(*row)] = *probability;
  }

  TypeIndex position_of(const std::string& id) {
    const auto [found, is_new] = positions_.emplace(id, static_cast<TypeIndex>(result_.ids.size()));
    if (is_new) result_.ids.push_back(id);
    return found->second;
  }

  std::filesystem::path path_;
  core::CsvReader csv_;
  CallsFile result_;
  std::map<std::string, TypeIndex> positions_;  // in ids
  bool has_probabilities_ = false;
};

/// Waits for a child that leads its own process group, and returns its wait status. When interrupted, ends the group
/// and throws Interrupted.
int wait_for(pid_t child) {
  int status = 0;
  try {
    while (waitpid(child, &status, WNOHANG) == 0) {
      core::check_interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  } catch (const core::Interrupted&) {
    ::kill(-child, SIGTERM);
    waitpid(child, &status, 0);
    throw;
  }
  return status;
}

/// Runs the command in a shell with all its output in the log, and returns its wait status.
int run_shell(const std::string& command, const fs::path& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::string shell = "sh", option = "-c", text = command;
  const std::array<char*, 4> arguments = {shell.data(), option.data(), text.data(), nullptr};
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw core::InputError({.subject = command, .found = fmt::format("cannot be run: {}", std::strerror(error))});
  }
  return wait_for(child);
}

std::string last_line(const fs::path& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

/// The text as one word of a shell.
std::string quoted_for_shell(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Runs a command in a shell, without input and with all its output in the log. Throws InputError with the last line of
/// the log if the command fails, and Interrupted, after ending the command.
void run_shell_command(const std::string& command, const fs::path& log) {
  const int status = run_shell(command, log);
  const bool exited = WIFEXITED(status);
  if (exited && WEXITSTATUS(status) == 0) return;
  throw core::InputError({.subject = command,
                          .found = fmt::format("{}; its last line of output is '{}'",
                                               exited ? fmt::format("failed with exit code {}", WEXITSTATUS(status))
                                                      : fmt::format("was killed by signal {}", WTERMSIG(status)),
                                               last_line(log)),
                          .next_step = fmt::format("see all its output in {}", log.string())});
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

fs::path log_of(const CommandRun& run) {
  return run.calls.string() + ".log";
}

/// The labels of the store's training cells.
std::vector<TypeIndex> trained_labels(const store::Store& store, const evaluate::LabelUnion& joined) {
  std::vector<TypeIndex> labels = joined.position_of_store_type;
  std::vector<bool> is_trained(labels.size(), false);
  for (const auto type : store.codes(Split::kTrain, store::Field::kCellType)) {
    is_trained[static_cast<std::size_t>(type)] = true;
  }
  for (std::size_t type = 0; type < labels.size(); ++type) {
    if (!is_trained[type]) labels[type] = -1;
  }
  return labels;
}

}  // namespace

std::string filled_in(const CommandRun& run, const fs::path& store) {
  std::string command = run.command;
  replace_all(command, "{seed}", std::to_string(run.seed));
  replace_all(command, "{threads}", std::to_string(run.threads));
  replace_all(command, "{store}", quoted_for_shell(store.string()));
  replace_all(command, "{out}", quoted_for_shell(run.calls.string()));
  return command;
}

evaluate::ModelEvaluation score_calls(const fs::path& calls, const store::Store& store) {
  CallsFile found = CallsReader(calls, store.n_cells(Split::kTest)).read();
  auto joined = evaluate::unite_labels(
      evaluate::cell_type_ids(store), found.ids,
      ontology::Ontology::from_json(store.ontology(), (store.directory() / "ontology.json").string()));
  const store::ObsTable obs = store.obs(Split::kTest);
  const auto& tissues = store.tables().column(store::Field::kTissueGeneral);
  std::vector<TypeIndex> truths;
  std::vector<std::string> tissue_of_cell;
  for (std::size_t cell = 0; cell < found.calls.size(); ++cell) {
    const auto truth = static_cast<std::size_t>(obs.column(store::Field::kCellType)[cell]);
    truths.push_back(joined.position_of_store_type[truth]);
    const auto tissue = static_cast<std::size_t>(obs.column(store::Field::kTissueGeneral)[cell]);
    tissue_of_cell.push_back(tissues.at(tissue));
    TypeIndex& call = found.calls[cell];
    if (call >= 0) call = joined.position_of_model_type[static_cast<std::size_t>(call)];
  }
  evaluate::ModelEvaluation result;
  result.evaluation = evaluate::evaluate(truths, found.calls, joined.subtypes, tissue_of_cell);
  if (found.probabilities) {
    result.uncertainty.push_back(
        evaluate::assess_uncertainty(truths, {found.calls, *found.probabilities}, joined.subtypes,
                                     evaluate::known_labels(joined, trained_labels(store, joined))));
  }
  result.labels = std::move(joined.labels);
  result.ids = std::move(joined.ids);
  return result;
}

evaluate::ModelEvaluation run_command(const CommandRun& run, const store::Store& store) {
  fs::remove(run.calls);  // an interrupted run may have left it
  const std::string command = filled_in(run, store.directory());
  run_shell_command(command, log_of(run));
  if (!fs::is_regular_file(run.calls)) {
    throw core::InputError({.file = run.calls.string(),
                            .found = fmt::format("not written by the command {}", command),
                            .expected = fmt::format("a csv of its calls at {{out}} with the header {}", kCallsHeader)});
  }
  evaluate::ModelEvaluation found = score_calls(run.calls, store);
  std::error_code ignored;
  fs::remove(log_of(run), ignored);
  return found;
}

}  // namespace sctab::experiments
