// examples/annotate.cpp, built and run as a user of the library would.
#include <gmock/gmock.h>

#include <algorithm>

#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {

TEST(Example, LabelsABatchAndAFile) {
  const TrainedModel& trained = TrainedModel::instance();
  const Finished finished = run_program({SCTAB_EXAMPLE, trained.model.string(), trained.source.string()});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out.substr(0, finished.out.find("\ncell,")),
              testing::MatchesRegex("cell 0: (T cell|B cell|monocyte) .CL:0000[0-9]+., probability [01].[0-9]+\n"
                                    "cell 1: (T cell|B cell|monocyte) .CL:0000[0-9]+., probability [01].[0-9]+"));
  EXPECT_NE(finished.out.find("\ncell-0,T cell,CL:0000084,"), std::string::npos);
  EXPECT_NE(finished.out.find("\ncell-599,"), std::string::npos);
  EXPECT_EQ(std::ranges::count(finished.out, '\n'), 2 + 1 + 600);
  EXPECT_NE(finished.err.find("600 cells labelled"), std::string::npos) << finished.err;
}

TEST(Example, SaysWhatIsWrong) {
  EXPECT_EQ(run_program({SCTAB_EXAMPLE}).exit_code, 2);
  const Finished finished = run_program({SCTAB_EXAMPLE, "/no/such/model"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.err.find("/no/such/model"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace sctab::tests
