#include "lab/experiments/run_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
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

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/evaluate/label_join.hpp"
#include "sctab/evaluate/label_subtypes.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

using core::InputError;
using core::TypeIndex;
using store::Split;

constexpr const char* kExpected = "row,cell_type_ontology_term_id or row,cell_type_ontology_term_id,probability";

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

std::vector<std::string> fields_of(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else if (c != '"') {  // no field has a comma, so that quotes say nothing
      fields.back() += c;
    }
  }
  return fields;
}

template <typename Number>
std::optional<Number> number_of(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What a csv says of each test cell.
struct CallsOfFile {
  std::vector<std::string> ids;                      // those that are called, each once
  std::vector<TypeIndex> calls;                      // position in ids, kNoCall, or kMissing
  std::optional<std::vector<double>> probabilities;  // in [0, 1], 0 for no call
};
constexpr TypeIndex kMissing = -2;

/// Reads one csv line by line.
class CallsReader {
 public:
  CallsReader(fs::path path, store::CellIndex n_cells) : path_(std::move(path)), file_(path_) {
    result_.calls.assign(static_cast<std::size_t>(n_cells), kMissing);
  }

  CallsOfFile read() {
    std::string line;
    std::getline(file_, line);
    const std::vector<std::string> head = fields_of(line);
    n_columns_ = head.size();
    const bool is_expected = (n_columns_ == 2 || (n_columns_ == 3 && head[2] == "probability")) && head[0] == "row" &&
                             head[1] == "cell_type_ontology_term_id";
    if (!is_expected) refuse(fmt::format("the head is '{}'; {} is expected", line, kExpected));
    if (n_columns_ == 3) result_.probabilities.emplace(result_.calls.size(), 0);
    while (std::getline(file_, line)) {
      ++line_;
      if (!line.empty()) take(fields_of(line));
    }
    const auto missing = std::ranges::find(result_.calls, kMissing);
    if (missing == result_.calls.end()) return std::move(result_);
    throw InputError(fmt::format(
        "{}: has no line of row {}, and {} in all are missing of the {} test cells; give each a line, with no id where "
        "there is no call",
        path_.string(), missing - result_.calls.begin(), std::ranges::count(result_.calls, kMissing),
        result_.calls.size()));
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw InputError(fmt::format("{}, line {}: {}", path_.string(), line_, why));
  }

  void take(const std::vector<std::string>& fields) {
    if (fields.size() != n_columns_) refuse(fmt::format("{} fields; {} are expected", fields.size(), n_columns_));
    const auto row = number_of<std::int64_t>(fields[0]);
    if (!row || *row < 0 || *row >= std::ssize(result_.calls)) {
      refuse(
          fmt::format("the row is '{}'; 0 to {} are expected, of the test split", fields[0], result_.calls.size() - 1));
    }
    TypeIndex& call = result_.calls[static_cast<std::size_t>(*row)];
    if (call != kMissing) refuse(fmt::format("row {} stands there for the second time; once is expected", *row));
    const std::string& id = fields[1];
    if (!id.empty() && !id.starts_with("CL:")) {
      refuse(fmt::format("the type is '{}'; a Cell Ontology id as CL:0000236 is expected, or nothing", id));
    }
    call = evaluate::kNoCall;
    if (!id.empty()) {
      const auto next = static_cast<TypeIndex>(result_.ids.size());
      const auto [found, is_new] = positions_.emplace(id, next);
      if (is_new) result_.ids.push_back(id);
      call = found->second;
    }
    if (n_columns_ < 3) return;
    const auto probability = number_of<double>(fields[2]);
    const bool is_one = probability && *probability >= 0 && *probability <= 1;
    if (!is_one && !id.empty()) {
      refuse(fmt::format("the probability is '{}'; 0 to 1 is expected", fields[2]));
    }
    if (!id.empty()) (*result_.probabilities)[static_cast<std::size_t>(*row)] = *probability;
  }

  fs::path path_;
  std::ifstream file_;
  CallsOfFile result_;
  std::map<std::string, TypeIndex> positions_;  // in ids
  std::size_t n_columns_ = 0;
  std::int64_t line_ = 1;
};

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
  CallsOfFile found = CallsReader(calls, store.n_cells(Split::kTest)).read();
  auto joined = evaluate::join_labels(
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
    throw InputError(
        fmt::format("{}: the command {} left no such file; a csv of its calls is expected at {{out}}, with the head {}",
                    run.calls.string(), command, kExpected));
  }
  evaluate::ModelEvaluation found = score_calls(run.calls, store);
  std::error_code ignored;
  fs::remove(log_of(run), ignored);
  return found;
}

}  // namespace sctab::experiments
