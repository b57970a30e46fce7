#include "shared_options.hpp"

#include <fmt/format.h>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <cstdlib>

namespace sctab::cli {

CLI::Validator at_least(std::int64_t least) {
  return {[least](std::string& text) {
            char* end = nullptr;
            const long long value = std::strtoll(text.c_str(), &end, 10);
            const bool valid = !text.empty() && *end == '\0' && value >= least;
            return valid ? std::string() : fmt::format("{} is not a whole number of {} or more", text, least);
          },
          ""};
}

CLI::Validator not_empty() {
  return {
      [](std::string& text) { return std::string(text.empty() ? "it is empty; give a value or leave it out" : ""); },
      ""};
}

void add_threads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "threads to compute with; 0: one a processor")
      ->check(at_least(0))
      ->type_name("N")
      ->capture_default_str();
}

void add_device(CLI::App& command, kernels::Device& device) {
  command
      .add_option_function<std::string>(
          "--device", [&device](const std::string& text) { device = kernels::parse_device(text); },
          "what computes; cuda needs a build with its kernels, and this version has none yet")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->type_name("cpu|cuda")
      ->default_str("cpu");
}

void add_dense(CLI::App& command, bool& dense) {
  command.add_flag("--dense", dense,
                   "compute on dense arrays instead of the non-zeros: the same results but for rounding, many times "
                   "slower; to check the kernels by");
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
