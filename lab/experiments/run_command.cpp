#include "lab/experiments/run_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/evaluate/label_join.hpp"
#include "sctab/train/label_subtypes.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

using core::InputError;
using core::TypeIndex;
using store::Split;

const std::vector<std::string> kBare = {"row", "cell_type_ontology_term_id"};
const std::vector<std::string> kWithProbability = {"row", "cell_type_ontology_term_id", "probability"};

std::string quoted_for_shell(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

fs::path log_of(const CommandRun& run) {
  return run.calls.string() + ".log";
}

/// Waits for a child that leads a group of its own. Returns what waitpid() says of it. Throws Interrupted, and ends the
/// group.
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

/// Waits for a shell with this command, whose output all goes to the log. Returns what waitpid() says of it.
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
  if (error != 0) throw InputError(fmt::format("{}: cannot be run: {}", command, std::strerror(error)));
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

template <typename Number>
std::optional<Number> number_of(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What a csv gives for each test cell.
struct CallsOfFile {
  std::vector<std::string> ids;                      // those called, each once
  std::vector<TypeIndex> calls;                      // position in ids, kNoCall, or kMissing
  std::optional<std::vector<double>> probabilities;  // in [0, 1], 0 for no call
};
constexpr TypeIndex kMissing = -2;

/// Reads the csv that a command wrote.
class CallsReader {
 public:
  CallsReader(const fs::path& path, store::CellIndex n_cells) : path_(path), csv_(path) {
    result_.calls.assign(static_cast<std::size_t>(n_cells), kMissing);
  }

  CallsOfFile read() {
    const std::vector<std::string>& header = csv_.header();
    const bool has_probability = header.size() == 3;
    if (has_probability) result_.probabilities.emplace(result_.calls.size(), 0);
    csv_.require_header(has_probability ? kWithProbability : kBare);
    for (std::vector<std::string> fields; csv_.next(fields);) take(fields);
    const auto missing = std::ranges::find(result_.calls, kMissing);
    if (missing == result_.calls.end()) return std::move(result_);
    throw InputError({.file = path_.string(),
                      .found = fmt::format("no line for row {}; {} of the {} test cells are missing",
                                           missing - result_.calls.begin(), std::ranges::count(result_.calls, kMissing),
                                           result_.calls.size()),
                      .next_step = "write a line for each cell, with an empty id if there is no call"});
  }

 private:
  [[noreturn]] void refuse(const std::string& found, const std::string& expected) const {
    throw csv_.error({.found = found, .expected = expected});
  }

  void take(const std::vector<std::string>& fields) {
    const auto row = number_of<std::int64_t>(fields[0]);
    if (!row || *row < 0 || *row >= std::ssize(result_.calls)) {
      refuse(fmt::format("the row '{}'", fields[0]), fmt::format("a test cell, 0 to {}", result_.calls.size() - 1));
    }
    TypeIndex& call = result_.calls[static_cast<std::size_t>(*row)];
    if (call != kMissing) refuse(fmt::format("the row {} for the second time", *row), "each row once");
    const std::string& id = fields[1];
    if (!id.empty() && !id.starts_with("CL:")) {
      refuse(fmt::format("the type '{}'", id), "a Cell Ontology id like CL:0000236, or nothing");
    }
    call = evaluate::kNoCall;
    if (id.empty()) return;
    const auto next = static_cast<TypeIndex>(result_.ids.size());
    const auto [found, is_new] = positions_.emplace(id, next);
    if (is_new) result_.ids.push_back(id);
    call = found->second;
    if (!result_.probabilities) return;
    const auto probability = number_of<double>(fields[2]);
    if (!probability || !(*probability >= 0 && *probability <= 1)) {
      refuse(fmt::format("the probability '{}'", fields[2]), "0 to 1");
    }
    (*result_.probabilities)[static_cast<std::size_t>(*row)] = *probability;
  }

  fs::path path_;
  core::CsvReader csv_;
  CallsOfFile result_;
  std::map<std::string, TypeIndex> positions_;  // in ids
};

/// 1 for each label that is, or has below it, a type with training cells.
std::vector<std::uint8_t> known_labels(const store::Store& store, const evaluate::LabelUnion& joined) {
  std::vector<std::uint8_t> is_trained(joined.labels.size(), 0), known(joined.labels.size(), 0);
  for (const auto type : store.codes(Split::kTrain, store::Field::kCellType)) {
    const TypeIndex label = joined.position_of_store_type[static_cast<std::size_t>(type)];
    if (label >= 0) is_trained[static_cast<std::size_t>(label)] = 1;
  }
  for (std::size_t label = 0; label < known.size(); ++label) {
    for (std::size_t below = 0; below < known.size(); ++below) {
      if (is_trained[below] != 0 && joined.subtypes.is_subtype(label, below)) known[label] = 1;
    }
  }
  return known;
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

train::ModelEvaluation score_calls(const fs::path& calls, const store::Store& store) {
  CallsOfFile found = CallsReader(calls, store.n_cells(Split::kTest)).read();
  auto joined = evaluate::join_labels(
      train::cell_type_ids(store), found.ids,
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
  train::ModelEvaluation result;
  result.evaluation = evaluate::evaluate(truths, found.calls, joined.subtypes, tissue_of_cell);
  if (found.probabilities) {
    result.uncertainty.push_back(evaluate::assess_uncertainty(truths, {found.calls, *found.probabilities},
                                                              joined.subtypes, known_labels(store, joined)));
  }
  result.labels = std::move(joined.labels);
  result.ids = std::move(joined.ids);
  return result;
}

train::ModelEvaluation run_command(const CommandRun& run, const store::Store& store) {
  fs::remove(run.calls);  // of a run that was cut off: not this one's
  const std::string command = filled_in(run, store.directory());
  const int status = run_shell(command, log_of(run));
  const bool is_ended = WIFEXITED(status);
  if (!is_ended || WEXITSTATUS(status) != 0) {
    throw InputError(fmt::format("the command {} {}; the last that it said is '{}', and all of it is in {}", command,
                                 is_ended ? fmt::format("ended with exit code {}", WEXITSTATUS(status))
                                          : fmt::format("was ended by signal {}", WTERMSIG(status)),
                                 last_line(log_of(run)), log_of(run).string()));
  }
  if (!fs::is_regular_file(run.calls)) {
    throw InputError({.file = run.calls.string(),
                      .found = fmt::format("the command {} wrote no such file", command),
                      .expected = fmt::format("a csv of its calls at {{out}} with the header {}, or {}",
                                              fmt::join(kBare, ","), fmt::join(kWithProbability, ","))});
  }
  train::ModelEvaluation found = score_calls(run.calls, store);
  std::error_code ignored;
  fs::remove(log_of(run), ignored);
  return found;
}

}  // namespace sctab::experiments
