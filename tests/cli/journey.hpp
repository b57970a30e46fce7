#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/process.hpp"

namespace sctab::tests {

/// Several commands after one another, each of which is to succeed.
class Journey : public testing::Test {
 protected:
  static Finished run(const std::vector<std::string>& arguments) {
    Finished finished = run_sctab(arguments);
    EXPECT_EQ(finished.exit_code, 0) << arguments[0] << ": " << finished.err;
    return finished;
  }
  static nlohmann::json run_json(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    return nlohmann::json::parse(run(arguments).out);
  }
};

}  // namespace sctab::tests
