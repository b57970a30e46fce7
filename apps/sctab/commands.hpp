#pragma once

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::cli {

/// Each adds one command to its group. Parsing the command line runs the one that is named: it calls one library
/// function and prints its result to standard output. Errors leave as exceptions; main() turns them into exit codes.
void add_corpus_build(CLI::App& corpus);
void add_corpus_describe(CLI::App& corpus);
void add_corpus_import(CLI::App& corpus);
void add_corpus_subsample(CLI::App& corpus);
void add_augment_make(CLI::App& augment);
void add_augment_check(CLI::App& augment);
void add_train(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_annotate(CLI::App& app);
void add_models_import(CLI::App& models);
void add_models_list(CLI::App& models);
void add_models_show(CLI::App& models);
void add_pca(CLI::App& app);
void add_simulate(CLI::App& app);
void add_benchmark(CLI::App& app);
void add_completion(CLI::App& app);
/// `dev annotate`: annotate with options for those who work on its kernels.
void add_dev_annotate(CLI::App& dev);
/// `dev options`: the tables of training options that docs hold.
void add_dev_options(CLI::App& dev);

/// Accepts whole numbers of `least` or more, and names the number otherwise.
CLI::Validator at_least(std::int64_t least);
/// The same for `least` to `most`.
CLI::Validator from_to(std::int64_t least, std::int64_t most);

/// Accepts shares: numbers from 0 to 1.
CLI::Validator share();

/// Refuses an empty text, which a shell makes of a variable that is not set: the option would count as not given. Every
/// option with a value has it.
CLI::Validator not_empty();

/// Accepts these words only; another gets the nearest one suggested.
CLI::Validator one_of(std::vector<std::string> words);

/// The command's arguments, which live as long as it does. Parsing the command calls run() with them.
template <typename Arguments>
Arguments& add_arguments(CLI::App& command, void (*run)(Arguments&)) {
  auto arguments = std::make_shared<Arguments>();
  command.callback([arguments, run] { run(*arguments); });
  return *arguments;
}

/// While this lives, the help lists the options that are added to the command under a heading of their own.
class Heading {
 public:
  Heading(CLI::App& command, const std::string& text);
  ~Heading();
  Heading(const Heading&) = delete;
  Heading& operator=(const Heading&) = delete;

 private:
  CLI::App& command_;
  std::string before_;
};

/// Refuses what is not a number, or does not fit a T: CLI11 takes the nearest that does.
template <typename T>
CLI::Validator number_of() {
  return {[](std::string& text) {
            const auto number = core::parse_number<T>(text);
            if constexpr (std::is_floating_point_v<T>) {
              return number && std::isfinite(*number) ? std::string() : fmt::format("'{}' is not a number", text);
            } else {
              return number ? std::string()
                            : fmt::format("'{}' is not a whole number from {} to {}", text,
                                          std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
            }
          },
          ""};
}

/// What one value of an option is: T, or what T holds some of.
template <typename T>
struct OneValue {
  using Type = T;
};
template <typename T>
struct OneValue<std::vector<T>> {
  using Type = T;
};
template <typename T>
struct OneValue<std::optional<T>> {
  using Type = T;
};

/// An option with a value. type: what the help calls it: "FILE".
template <typename T>
CLI::Option* add_value(CLI::App& command, const std::string& name, T& value, const std::string& type,
                       const std::string& description) {
  CLI::Option* const option = command.add_option(name, value, description)->type_name(type);
  if constexpr (std::is_arithmetic_v<typename OneValue<T>::Type>)
    option->check(number_of<typename OneValue<T>::Type>());
  return option;
}
/// A number, whose default the help shows.
template <typename T>
CLI::Option* add_number(CLI::App& command, const std::string& name, T& value, const std::string& description) {
  return add_value(command, name, value, "N", description)->capture_default_str();
}

/// --name, with --no-name for off. `value` holds the default.
CLI::Option* add_switch(CLI::App& command, const std::string& name, bool& value, const std::string& description);

/// An option that takes one of several words, each of which means a value. `value` holds the default.
template <typename T>
CLI::Option* add_choice(CLI::App& command, const std::string& name, T& value,
                        const std::vector<std::pair<std::string, T>>& choices, const std::string& description) {
  std::vector<std::string> words;
  std::string type, chosen;
  for (const auto& [word, meaning] : choices) {
    words.push_back(word);
    type += (type.empty() ? "" : "|") + word;
    if (meaning == value) chosen = word;
  }
  const auto choose = [&value, choices](const std::string& text) {
    for (const auto& [word, meaning] : choices) {
      if (word == text) value = meaning;
    }
  };
  return command.add_option_function<std::string>(name, choose, description)
      ->check(one_of(std::move(words)))
      ->type_name(type)
      ->default_str(chosen);
}

/// Options that mean the same in every command that has them.
void add_threads(CLI::App& command, int& threads);
void add_seed(CLI::App& command, std::uint64_t& seed, const std::string& what_it_decides);
/// --memory: bytes, given as 4GB (powers of 1,000), 4GiB or a plain number. They bound what files and options may make
/// the command take, see core::memory_budget().
void add_memory(CLI::App& command);
/// The same for a command that works in the memory it is given. bytes: 4 GB, or the budget where that is less, but no
/// less than `least`.
void add_memory(CLI::App& command, std::int64_t& bytes, std::int64_t least = 0);
void add_json(CLI::App& command, bool& json);
/// --overwrite, for commands that write a folder: without it a finished one is never replaced. noun: "model".
void add_overwrite(CLI::App& command, bool& overwrite, const std::string& noun);
/// How files of cells are opened: --modality, --orientation and --allow-external, for commands that read them.
void add_open_options(CLI::App& command, formats::OpenOptions& options);
/// -o, which is required. type: what is written, as the help calls it.
CLI::Option* add_output(CLI::App& command, std::filesystem::path& output, const std::string& type,
                        const std::string& description);
/// -m, which is required.
void add_model(CLI::App& command, std::filesystem::path& model);

/// Indented, with a line break at the end, on standard output. Bytes that are not UTF-8 become U+FFFD.
void print_json(const nlohmann::json& value);
/// The same, with the peak memory of this process.
void print_with_peak_memory(nlohmann::json object);
/// "1.2 GB": the peak memory of this process.
std::string peak_memory();

}  // namespace sctab::cli
