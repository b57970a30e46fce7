// Pickles that run a command when Python loads them. Here they are data.
#include <gtest/gtest.h>

#include <cstdlib>

#include "model/published_files.hpp"
#include "model/small_networks.hpp"
#include "sctab/core/error.hpp"

namespace sctab::model::tests {
namespace {

using core::InputError;
using sctab::tests::PickleText;
using sctab::tests::write_bytes;

class MaliciousPickle : public testing::Test {
 protected:
  /// Operations that leave the result of a call of `module.name(argument)` on the stack.
  static std::string call(const std::string& module, const std::string& name, const std::string& argument) {
    return PickleText().global(module, name).text(argument).raw("\x85R").bytes();
  }
  /// Each runs its command in Python, which PythonWouldHaveRunThem holds them to.
  [[nodiscard]] std::vector<std::string> attacks() const {
    const std::string touch = "touch '" + trace_.string() + "'";
    const std::string python = "import os; os.system(\"" + touch + "\")";
    return {call("posix", "system", touch), call("os", "system", touch), call("subprocess", "getoutput", touch),
            call("builtins", "exec", python),
            // No call, but new objects: a tuple of map(system, [touch]), whose making goes over the map.
            PickleText()
                .global("builtins", "tuple")
                .global("builtins", "map")
                .global("posix", "system")
                .raw("]")
                .text(touch)
                .raw("a\x86\x81\x85\x81")
                .bytes()};
  }
  void expect_nothing_ran() const { EXPECT_FALSE(std::filesystem::exists(trace_)) << "the pickle's command ran"; }

  const Architecture architecture_ = small_architecture(ModelKind::kLinear);
  const CheckpointText good_ = checkpoint_of(architecture_);
  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path trace_ = folder_ / "trace";
};

TEST_F(MaliciousPickle, BesideTheTensorsItIsIgnored) {
  for (const std::string& attack : attacks()) {
    CheckpointText text = good_;
    text.more.text("callbacks").raw(attack).text("loops").raw(attack);
    const PublishedFiles files(architecture_, text);
    EXPECT_NO_THROW(import_checkpoint(files.options));
    expect_nothing_ran();
  }
}

TEST_F(MaliciousPickle, InPlaceOfATensorItIsRefused) {
  for (const std::string& attack : attacks()) {
    CheckpointText text = good_;
    std::erase_if(text.tensors, [](const auto& tensor) { return tensor.name == "classifier.bias"; });
    text.more_in_state.text("classifier.bias").raw(attack);
    const PublishedFiles files(architecture_, text);
    SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "tensor classifier.bias: is not a tensor");
    expect_nothing_ran();
  }
}

TEST_F(MaliciousPickle, InPlaceOfAnythingElseItIsRefused) {
  const std::string attack = attacks().front();
  for (const std::string& pickle :
       {"\x80\x02" + attack + ".", "\x80\x02}" + PickleText().text("state_dict").bytes() + attack + "s.",
        "\x80\x02}(" + attack + PickleText().text("state_dict").raw("}").bytes() + "u."}) {
    const PublishedFiles files(architecture_, good_);
    write_bytes(files.options.checkpoint, sctab::tests::zip_bytes({{"run/data.pkl", pickle}}));
    EXPECT_THROW(import_checkpoint(files.options), InputError);
    expect_nothing_ran();
  }
}

TEST_F(MaliciousPickle, PythonWouldHaveRunThem) {
  if (std::system("/usr/bin/python3 -c 'import pickle' 2>/dev/null") != 0) GTEST_SKIP() << "needs /usr/bin/python3";
  const std::filesystem::path file = folder_ / "attack.pkl";
  const std::string command =
      "/usr/bin/python3 -c 'import pickle; pickle.load(open(\"" + file.string() + "\", \"rb\"))'";
  const std::vector<std::string> all = attacks();
  for (std::size_t i = 0; i < all.size(); ++i) {
    write_bytes(file, "\x80\x02" + all[i] + ".");
    EXPECT_EQ(std::system(command.c_str()), 0) << i;
    EXPECT_TRUE(std::filesystem::remove(trace_)) << "the tests of attack " << i << " prove nothing: it does not work";
  }
}

}  // namespace
}  // namespace sctab::model::tests
