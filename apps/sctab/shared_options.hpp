#pragma once

#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sctab::cli {

/// Accepts whole numbers of `least` or more, and names the number otherwise.
CLI::Validator at_least(std::int64_t least);

/// Refuses an empty text, which a shell makes of a variable that is not set: the option would count as not given.
CLI::Validator not_empty();

/// Accepts these words only; another gets the nearest one suggested.
CLI::Validator one_of(std::vector<std::string> words);

/// --name, with --no-name for off. `value` holds the default.
CLI::Option* add_switch(CLI::App& command, const std::string& name, bool& value, const std::string& description);

/// An option that takes one of several words, each of which stands for a value. `value` holds the default.
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
/// Bytes, given as 4GB (powers of 1,000), 4GiB or a plain number.
void add_memory(CLI::App& command, std::int64_t& bytes);
void add_json(CLI::App& command, bool& json);

}  // namespace sctab::cli
