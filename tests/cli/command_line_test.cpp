// The command line as a whole: every command and option, found by walking it.
#include "command_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "sctab/core/error.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/train/options.hpp"

namespace sctab::cli {
namespace {

/// Characters of a line of UTF-8.
std::int64_t width(const std::string& line) {
  constexpr unsigned char kLeading = 0xC0, kContinuation = 0x80;
  return std::ranges::count_if(line,
                               [](char c) { return (static_cast<unsigned char>(c) & kLeading) != kContinuation; });
}

/// What the user is told of a command line that is wrong; empty if nothing is wrong with it.
std::string refusal(const std::vector<std::string>& words) {
  const auto app = make_command_line();
  std::vector<const char*> pointers = {"sctab"};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  try {
    require_known_commands(*app, words);
    app->parse(static_cast<int>(pointers.size()), pointers.data());
  } catch (const CLI::ParseError& error) {
    return explain(*app, error).what();
  } catch (const core::InputError& error) {
    return error.what();
  }
  return "";
}

TEST(CommandLine, EveryHelpFitsTheTerminal) {
  const auto app = make_command_line();
  int n_commands = 0;
  for_each_command(*app, [&](const CLI::App& command, const std::string& name) {
    ++n_commands;
    const std::string group = name.substr(0, std::max(name.rfind(' '), std::string("sctab").size()));
    const std::string help = command.help(&command == app.get() ? "" : group);
    EXPECT_NE(help.find("Usage: " + name), std::string::npos) << help;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width(line), 100) << name << ": " << line;
  });
  EXPECT_GE(n_commands, 20) << "groups, commands, and sctab itself";
}

TEST(CommandLine, EveryCommandAndOptionIsDescribed) {
  const auto app = make_command_line();
  for_each_command(*app, [](const CLI::App& command, const std::string& name) {
    EXPECT_NE(command.get_description(), "") << name;
    for (const CLI::Option* option : command.get_options()) {
      EXPECT_NE(option->get_description(), "") << name << " " << option->get_name();
    }
  });
}

TEST(CommandLine, AnOptionMeansTheSameInEveryCommand) {
  // Each command's own; and obs from a table for a corpus, or one value for all cells of annotate.
  const std::set<std::string> may_differ = {"--output", "--obs"};
  std::map<std::string, std::map<std::string, std::string>> commands_of_type;  // by option and type
  const auto app = make_command_line();
  for_each_command(*app, [&](const CLI::App& command, const std::string& name) {
    for (const CLI::Option* option : command.get_options()) {
      const std::string type = option->get_items_expected_max() == 0 ? "flag" : option->get_type_name();
      for (const std::string& option_name : option->get_lnames()) commands_of_type["--" + option_name][type] = name;
    }
  });
  for (const auto& [option, commands] : commands_of_type) {
    if (may_differ.contains(option)) continue;
    std::string all;
    for (const auto& [type, command] : commands) all += command + " takes " + (type.empty() ? "?" : type) + "; ";
    EXPECT_EQ(commands.size(), 1U) << option << ": " << all;
  }
}

TEST(CommandLine, SwitchesAreTurnedOffWithNo) {
  const auto app = make_command_line();
  for_each_command(*app, [](const CLI::App& command, const std::string& name) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& long_name : option->get_lnames()) {
        EXPECT_FALSE(long_name.starts_with("without-") && option->get_items_expected_max() == 0)
            << name << " --" << long_name;
      }
    }
  });
}

TEST(CommandLine, DevelopersOptionsAreHiddenFromTheFirstHelp) {
  const auto app = make_command_line();
  EXPECT_EQ(app->help().find("dev "), std::string::npos) << app->help();
  EXPECT_EQ(app->get_subcommand("annotate")->get_option_no_throw("--device"), nullptr);
  EXPECT_NE(app->get_subcommand("dev")->get_subcommand("annotate")->get_option_no_throw("--device"), nullptr);
}

TEST(CommandLine, TheHelpOfTrainShowsEveryValueOfThePaper) {
  const auto app = make_command_line();
  const CLI::App* train = app->get_subcommand("train");
  int n_values = 0;
  for (const train::Option& option : train::kOptions) {
    const CLI::Option* shown = train->get_option_no_throw(train::command_line_name(option));
    ASSERT_NE(shown, nullptr) << option.name;
    if (option.paper.empty()) continue;
    ++n_values;
    const std::string value = "the paper uses " + std::string(option.paper);
    EXPECT_NE(shown->get_description().find(value), std::string::npos) << option.name << ": " << value;
  }
  EXPECT_GE(n_values, 20);
}

TEST(CommandLine, DevOptionsPrintsTheTablesOfTheDocs) {
  const auto printed = [](std::vector<const char*> words) {
    words.insert(words.begin(), {"sctab", "dev", "options"});
    const auto app = make_command_line();
    std::string refused;
    testing::internal::CaptureStdout();
    try {
      app->parse(static_cast<int>(words.size()), words.data());
    } catch (const CLI::ParseError& error) {  // must not leave the output captured
      refused = error.what();
    }
    const std::string out = testing::internal::GetCapturedStdout();
    EXPECT_EQ(refused, "");
    return out;
  };
  const std::string options = printed({}), baselines = printed({"--baselines"});
  EXPECT_NE(options.find("| `--n-d` |"), std::string::npos) << options;
  EXPECT_EQ(options.find("| `--xgb-eta` |"), std::string::npos) << options;
  EXPECT_NE(baselines.find("| `--xgb-eta` |"), std::string::npos) << baselines;
}

TEST(CommandLine, SuggestsTheNearestCommand) {
  EXPECT_EQ(refusal({"anotate", "x"}),
            "unknown command 'anotate'; did you mean 'annotate'? `sctab --help` lists the commands");
  EXPECT_EQ(refusal({"corpus", "biuld"}),
            "unknown command 'biuld'; did you mean 'build'? `sctab corpus --help` lists the commands");
  EXPECT_EQ(refusal({"--quiet", "corpus", "biuld", "--help"}),
            "unknown command 'biuld'; did you mean 'build'? `sctab corpus --help` lists the commands");
  EXPECT_EQ(refusal({"frobnicate"}), "unknown command 'frobnicate'; `sctab --help` lists the commands");
  EXPECT_EQ(refusal({"models", "build"}), "unknown command 'build'; `sctab models --help` lists the commands");
}

TEST(CommandLine, SuggestsTheNearestOptionOfTheCommand) {
  EXPECT_EQ(refusal({"annotate", "x.h5ad", "--modle", "m"}),
            "unknown option '--modle'; did you mean '--model'? `sctab annotate --help` shows the options");
  EXPECT_EQ(refusal({"annotate", "x.h5ad", "-m", "m", "--tisue=lung"}),
            "unknown option '--tisue'; did you mean '--tissue'? `sctab annotate --help` shows the options");
  EXPECT_EQ(refusal({"corpus", "build", "x", "-o", "y", "--any-asay"}),
            "unknown option '--any-asay'; did you mean '--any-assay'? `sctab corpus build --help` shows the options");
  EXPECT_EQ(refusal({"annotate", "x.h5ad", "-m", "m", "--quite"}),
            "unknown option '--quite'; did you mean '--quiet'? `sctab annotate --help` shows the options")
      << "options for all commands are suggested too";
  EXPECT_EQ(refusal({"annotate", "x.h5ad", "-m", "m", "--frobnicate"}),
            "unknown option '--frobnicate'; `sctab annotate --help` shows the options");
  EXPECT_EQ(refusal({"annotate", "x.h5ad", "-m", "m", "-x"}),
            "unknown option '-x'; `sctab annotate --help` shows the options")
      << "every letter is near every other";
}

TEST(CommandLine, SaysWhatIsWrongWithAValue) {
  const auto refused = [](std::vector<std::string> words, const std::string& expected) {
    words.insert(words.begin(), {"annotate", "x.h5ad"});
    EXPECT_EQ(refusal(words), expected + "; `sctab annotate --help` shows the options");
  };
  refused({"-m"}, "--model: was given no value");
  refused({"-m", "a", "-m", "b"}, "--model: was given 2 times");
  refused({"-m", ""}, "--model: is empty; give a value, or remove it");
  refused({"-m", "a", "--min-genes-found", "half"}, "--min-genes-found: 'half' is not a number");
  refused({"-m", "a", "--threads", "99999999999999"},
          "--threads: '99999999999999' is not a whole number from 0 to 4096");
  for (const char* seed : {"-1", "18446744073709551616", "1e3", "x"}) {
    EXPECT_EQ(refusal({"simulate", "-o", "x", "--seed", seed}),
              "--seed: '" + std::string(seed) +
                  "' is not a whole number from 0 to 18446744073709551615; `sctab simulate --help` shows the options");
  }
  for (const char* size : {"4XB", "-1", "1e30GB"}) {
    EXPECT_EQ(refusal({"corpus", "build", "x", "-o", "y", "--memory", size}),
              "--memory: '" + std::string(size) + "' is not a size; give 4GB, 500MB, 2GiB or a number of bytes; " +
                  "`sctab corpus build --help` shows the options");
  }
}

TEST(CommandLine, RefusesOldSpellings) {
  const std::vector<std::vector<std::string>> old = {{"annotate", "x", "-m", "m", "--csv", "y"},
                                                     {"annotate", "x", "-m", "m", "--covariate", "tissue=lung"},
                                                     {"annotate", "x", "-m", "m", "--without-covariate"},
                                                     {"annotate", "x", "-m", "m", "--dense"},
                                                     {"dev", "annotate", "x", "-m", "m", "--dense"},
                                                     {"annotate", "x", "-m", "m", "--device", "cpu"},
                                                     {"corpus", "build", "x", "-o", "y", "--preset", "published"},
                                                     {"simulate", "-o", "y", "--genes", "100"},
                                                     {"benchmark", "x", "-o", "y", "--device", "cpu"},
                                                     {"train", "x", "-o", "y", "--dense"},
                                                     {"train", "x", "-o", "y", "--deterministic"},
                                                     {"train", "x", "-o", "y", "--subsample", "0.5"},
                                                     {"evaluate", "x", "-m", "m", "--without-covariate"}};
  for (const auto& words : old) EXPECT_NE(refusal(words).find("unknown option"), std::string::npos) << words[0];
  EXPECT_NE(refusal({"augment", "store", "-o", "y"}).find("unknown command 'store'"), std::string::npos);
}

/// CLI11 takes the nearest number that fits: -1, 2^64 and 10^20 gave the same weights.
TEST(CommandLine, RefusesNumbersThatDoNotFit) {
  for (const char* seed : {"-1", "18446744073709551616", "100000000000000000000", "1.5", "1e3", "0x10", "+1", " 1"}) {
    EXPECT_EQ(refusal({"train", "s", "-o", "m", "--seed", seed}),
              "--seed: '" + std::string(seed) +
                  "' is not a whole number from 0 to 18446744073709551615; `sctab train --help` shows the options");
  }
  for (const std::vector<std::string>& words : {std::vector<std::string>{"benchmark", "r", "-o", "o", "--seeds", "-1"},
                                                {"augment", "make", "s", "-o", "v", "--cells", "9223372036854775808"},
                                                {"simulate", "-o", "d", "--sources", "4294967297"},
                                                {"simulate", "-o", "d", "--donor-effect", "nan"},
                                                {"corpus", "build", "x", "-o", "y", "--val-fraction", "1e999"},
                                                {"corpus", "subsample", "s", "-o", "t", "--fraction", "inf"},
                                                {"corpus", "build", "x", "-o", "y", "--memory", "9223372036854775808"},
                                                {"corpus", "build", "x", "-o", "y", "--memory", "99999999999GB"},
                                                {"corpus", "build", "x", "-o", "y", "--memory", "-4GB"},
                                                {"annotate", "x", "-m", "m", "--min-genes-found", "half"},
                                                {"annotate", "x", "-m", "m", "--batch-size", "9223372036854775808"},
                                                {"train", "s", "-o", "m", "--n-d", "9223372036854775808"},
                                                {"train", "s", "-o", "m", "--threads", "2147483648"}}) {
    EXPECT_EQ(refusal(words).find(words[words.size() - 2] + ": "), 0U) << words.back() << ": " << refusal(words);
  }
}

/// A shell makes an empty text of a variable that is not set.
TEST(CommandLine, RefusesEmptyValues) {
  int n_options = 0;
  const auto app = make_command_line();
  for_each_command(*app, [&](const CLI::App& command, const std::string& name) {
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_items_expected_max() == 0) continue;
      ++n_options;
      std::istringstream path(name.substr(std::string("sctab").size()));
      std::vector<std::string> words;
      for (std::string word; path >> word;) words.push_back(word);
      if (!option->get_positional()) words.push_back(names_of(*option).front());
      words.emplace_back();
      EXPECT_NE(refusal(words).find("is empty; give a value, or remove it"), std::string::npos)
          << name << " " << option->get_name() << ": " << refusal(words);
    }
  });
  EXPECT_GE(n_options, 100);
}

TEST(CommandLine, WarnsOnceOfMoreThreadsThanProcessors) {
  const int most = core::default_threads();
  const auto parsed = [](const std::string& threads, int& taken) {
    const auto app = make_command_line();
    const std::array words = {"sctab", "evaluate", "--threads", threads.c_str()};  // what is required is missing
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_THROW(app->parse(static_cast<int>(words.size()), words.data()), CLI::RequiredError);
    taken = app->get_subcommand("evaluate")->get_option("--threads")->as<int>();
    return testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
  };
  int taken = 0;
  const std::string warned = parsed("4096", taken);
  const std::string what = "warning: --threads 4096 on ";
  EXPECT_NE(warned.find(what), std::string::npos) << warned;
  EXPECT_EQ(warned.find(what), warned.rfind(what)) << warned;
  EXPECT_EQ(taken, most);
  for (const int threads : {0, 1, most}) {
    EXPECT_EQ(parsed(std::to_string(threads), taken), "");
    EXPECT_EQ(taken, threads);
  }
}

TEST(CommandLine, NamesTheCommandsOfAGroup) {
  EXPECT_EQ(refusal({"corpus"}),
            "no command was given; expected one of build, describe, import, subsample; `sctab corpus --help` describes "
            "them");
  EXPECT_EQ(refusal({}).find("no command was given; expected one of corpus, augment, train, "), 0U) << refusal({});
  EXPECT_EQ(refusal({}).find("dev"), std::string::npos);
}

TEST(CommandLine, NamesTheWordsThatAnOptionTakes) {
  EXPECT_EQ(refusal({"corpus", "subsample", "s", "-o", "t", "--by", "donor"}),
            "--by: 'donor' is not one of cells, donors; the nearest is 'donors'; `sctab corpus subsample --help` shows "
            "the options");
}

}  // namespace
}  // namespace sctab::cli
