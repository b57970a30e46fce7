#include "commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "sctab/core/nearest_word.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::cli {
namespace {

/// "4GB" -> "4000000000", or what is wrong with it.
std::string to_bytes(std::string& text) {
  const std::string given = text;
  try {
    if (!given.starts_with('-') && CLI::AsSizeValue(true)(text).empty()) return "";
  } catch (const CLI::ParseError&) {  // an unknown unit, an overflow
  }
  return fmt::format("'{}' is not a size; give 4GB, 500MB, 2GiB or a number of bytes", given);
}

}  // namespace

CLI::Validator at_least(std::int64_t least) {
  return {[least](std::string& text) {
            char* end = nullptr;
            const long long value = std::strtoll(text.c_str(), &end, 10);
            const bool valid = !text.empty() && *end == '\0' && value >= least;
            return valid ? std::string() : fmt::format("'{}' is not a whole number of {} or more", text, least);
          },
          ""};
}

CLI::Validator share() {
  return {[](std::string& text) {
            const auto value = core::parse_number<double>(text);
            return value && *value >= 0 && *value <= 1 ? std::string() : fmt::format("'{}' is not from 0 to 1", text);
          },
          ""};
}

CLI::Validator not_empty() {
  return {
      [](std::string& text) { return std::string(text.empty() ? "is empty; give a value or drop the option" : ""); },
      ""};
}

CLI::Validator one_of(std::vector<std::string> words) {
  return {[words = std::move(words)](std::string& text) {
            if (std::ranges::count(words, text) > 0) return std::string();
            const std::string nearest = core::nearest_word(text, words);
            return fmt::format("'{}' is not one of {}{}", text, fmt::join(words, ", "),
                               nearest.empty() ? "" : fmt::format("; the nearest is '{}'", nearest));
          },
          ""};
}

Heading::Heading(CLI::App& command, const std::string& text)
    : command_(command), before_(command.option_defaults()->get_group()) {
  command.option_defaults()->group(text);
}

Heading::~Heading() {
  command_.option_defaults()->group(before_);
}

CLI::Option* add_switch(CLI::App& command, const std::string& name, bool& value, const std::string& description) {
  const std::string word = name.substr(2);  // without the dashes
  return command.add_flag(fmt::format("--{},!--no-{}", word, word), value, description);
}

void add_threads(CLI::App& command, int& threads) {
  add_number(command, "--threads", threads, "threads to compute with; 0: one per processor")->check(at_least(0));
}

void add_seed(CLI::App& command, std::uint64_t& seed, const std::string& what_it_decides) {
  add_number(command, "--seed", seed, "decides " + what_it_decides + "; the same seed gives the same result");
}

void add_memory(CLI::App& command, std::int64_t& bytes) {
  command.add_option("--memory", bytes, "the most memory to use: 4GB, 500MB, 2GiB or a number of bytes")
      ->transform(CLI::Validator(to_bytes, ""))
      ->type_name("SIZE")
      ->default_str("4GB");
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print the result as JSON");
}

CLI::Option* add_output(CLI::App& command, std::filesystem::path& output, const std::string& type,
                        const std::string& description) {
  return command.add_option("-o,--output", output, description)->type_name(type)->required()->check(not_empty());
}

void add_model(CLI::App& command, std::filesystem::path& model) {
  command.add_option("-m,--model", model, "a model directory, or the name of an installed model")
      ->type_name("MODEL")
      ->required()
      ->check(not_empty());
}

void print_json(const nlohmann::json& value) {
  fmt::print("{}\n", value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_with_peak_memory(nlohmann::json object) {
  object["peak_memory_bytes"] = core::peak_memory_bytes();
  print_json(object);
}

std::string peak_memory() {
  return core::format_bytes(static_cast<double>(core::peak_memory_bytes()));
}

}  // namespace sctab::cli
