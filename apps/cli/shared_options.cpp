#include "shared_options.hpp"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>

namespace sctab::cli {

void add_threads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "processors to use; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
}

void add_seed(CLI::App& command, std::uint64_t& seed, const std::string& what_it_decides) {
  command.add_option("--seed", seed, "decides " + what_it_decides + "; the same seed gives the same result")
      ->type_name("N")
      ->capture_default_str();
}

void add_memory(CLI::App& command, std::int64_t& bytes) {
  command.add_option("--memory", bytes, "memory to stay within: 4GB, 500MB, 2GiB or bytes")
      ->transform(CLI::AsSizeValue(true))
      ->type_name("SIZE")
      ->default_str("4GB");
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print the result as JSON");
}

}  // namespace sctab::cli
