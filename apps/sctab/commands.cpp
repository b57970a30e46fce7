#include "commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "sctab/core/memory_budget.hpp"
#include "sctab/core/nearest_word.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/thread_pool.hpp"

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

CLI::Option* add_memory_option(CLI::App& command, const std::function<void(std::int64_t)>& choose,
                               const std::string& description) {
  const auto refusal = [](const std::string& bytes) {
    constexpr std::int64_t kLeast = 1'000'000;
    const auto number = core::parse_number<std::int64_t>(bytes);
    return number && *number >= kLeast ? std::string() : bytes + " bytes are not from 1MB to 9EB";
  };
  return command.add_option_function<std::int64_t>("--memory", choose, description)
      ->check(refusal)
      ->transform(CLI::Validator(to_bytes, ""))
      ->type_name("SIZE");
}

/// Lowers a number of threads to that of the processors, with a warning: threads that wait for each other make training
/// many times slower.
CLI::Validator number_of_threads() {
  return {[](std::string& text) {
            const int most = core::default_threads();
            const auto threads = core::parse_number<int>(text);
            if (!threads || *threads < 0 || *threads > core::kMostThreads) {
              return fmt::format("'{}' is not a whole number from 0 to {}", text, core::kMostThreads);
            }
            if (*threads <= most) return std::string();
            spdlog::warn("warning: --threads {} on {} would make this slower: {} used", *threads,
                         core::plural(most, "processor"), most == 1 ? "1 is" : fmt::format("{} are", most));
            text = std::to_string(most);
            return std::string();
          },
          ""};
}

}  // namespace

CLI::Validator at_least(std::int64_t least) {
  return {[least](std::string& text) {
            const auto value = core::parse_number<std::int64_t>(text);
            return value && *value >= least ? std::string()
                                            : fmt::format("'{}' is not a whole number of {} or more", text, least);
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

CLI::Validator from_to(std::int64_t least, std::int64_t most) {
  return {[least, most](std::string& text) {
            const auto value = core::parse_number<std::int64_t>(text);
            const bool valid = value && *value >= least && *value <= most;
            return valid ? std::string() : fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
          },
          ""};
}

CLI::Validator not_empty() {
  return {[](std::string& text) { return std::string(text.empty() ? "is empty; give a value, or remove it" : ""); },
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
  add_number(command, "--threads", threads,
             "threads to compute with, at most one per processor that this process may use; 0: one per processor")
      ->transform(number_of_threads());
}

void add_seed(CLI::App& command, std::uint64_t& seed, const std::string& what_it_decides) {
  add_number(command, "--seed", seed, "decides " + what_it_decides + "; the same seed gives the same result");
}

void add_memory(CLI::App& command) {
  add_memory_option(
      command, core::set_memory_budget,
      "refuse files and options that need more memory than this for any one thing: 4GB, 500MB, 2GiB or bytes. Default: "
      "half of the machine's, or of the limit that a container or ulimit sets");
}

void add_memory(CLI::App& command, std::int64_t& bytes, std::int64_t least) {
  bytes = std::min(bytes, std::max(core::memory_budget(), least));
  const auto choose = [&bytes](std::int64_t given) {
    bytes = given;
    core::set_memory_budget(given);
  };
  add_memory_option(command, choose, "the most memory to use: 4GB, 500MB, 2GiB or a number of bytes")
      ->default_str("4GB, or half of what there is");
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print the result as JSON");
}

void add_overwrite(CLI::App& command, bool& overwrite, const std::string& noun) {
  command.add_flag("--overwrite", overwrite,
                   fmt::format("replace a finished {} of this name; files there that sctab did not write stay", noun));
}

void add_open_options(CLI::App& command, formats::OpenOptions& options) {
  using formats::Orientation;
  add_value(command, "--modality", options.modality, "NAME",
            "the modality to read of a file with several, such as h5mu. Default: rna, or the only one");
  add_choice<Orientation>(command, "--orientation", options.orientation,
                          {{"detect", Orientation::kDetect},
                           {"cells-by-genes", Orientation::kCellsByGenes},
                           {"genes-by-cells", Orientation::kGenesByCells}},
                          "what the lines of a table of text (csv, tsv) are: a cell each, or a gene each");
  command.add_flag("--allow-external", options.allow_external,
                   "read what a file keeps in other files, by external links or external storage of HDF5; those are "
                   "never written to. Without this such files are refused; virtual datasets always are");
}

CLI::Option* add_output(CLI::App& command, std::filesystem::path& output, const std::string& type,
                        const std::string& description) {
  return command.add_option("-o,--output", output, description)->type_name(type)->required();
}

void add_model(CLI::App& command, std::filesystem::path& model) {
  command.add_option("-m,--model", model, "a model directory, or the name of an installed model")
      ->type_name("MODEL")
      ->required();
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
