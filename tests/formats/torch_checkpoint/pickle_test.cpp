#include "sctab/formats/torch_checkpoint/pickle.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "support/checkpoint_writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::torch_checkpoint::tests {
namespace {

using core::InputError;
using sctab::tests::PickleText;
using Kind = PickleNode::Kind;

Pickle unpickled(const std::string& bytes) {
  return Pickle(std::as_bytes(std::span(bytes)), {.file = "x.ckpt", .key = "data.pkl"});
}

/// The one value that these operations leave.
Pickle value(const std::string& operations) {
  return unpickled("\x80\x02" + operations + ".");
}

TEST(Pickle, PlainValues) {
  using namespace std::string_literals;
  EXPECT_EQ(value("N").root().kind, Kind::kNone);
  EXPECT_EQ(value("\x88").root().integer, 1);
  EXPECT_EQ(value("\x89").root().integer, 0);
  EXPECT_EQ(value("K\xFF").root().integer, 255);
  EXPECT_EQ(value("M\x01\x02").root().integer, 0x201);
  EXPECT_EQ(value("J\xFE\xFF\xFF\xFF").root().integer, -2);
  EXPECT_EQ(value("\x8a\x00"s).root().integer, 0);
  EXPECT_EQ(value("\x8a\x01\x80"s).root().integer, -128);
  EXPECT_EQ(value("\x8a\x02\xFF\x00"s).root().integer, 255);
  EXPECT_EQ(value(PickleText().integer(INT64_MIN).bytes()).root().integer, INT64_MIN);
  EXPECT_EQ(value("\x8a\x09" + std::string(9, '\x7F')).root().kind, Kind::kNone);
  EXPECT_EQ(value("\x8b\x01\x00\x00\x00\x07"s).root().integer, 7);
  EXPECT_EQ(value(PickleText().real(-0.125).bytes()).root().real, -0.125);
  EXPECT_EQ(value(PickleText().text("B cell").bytes()).root().text, "B cell");
  EXPECT_EQ(value(PickleText().global("torch", "FloatStorage").bytes()).root().text, "torch FloatStorage");
}

TEST(Pickle, Containers) {
  const Pickle tuple = value("K\x01K\x02K\x03\x87");
  ASSERT_EQ(tuple.root().items.size(), 3U);
  EXPECT_EQ(tuple.root().items[2]->integer, 3);
  EXPECT_EQ(value("(K\x01K\x02t").root().items.size(), 2U);
  EXPECT_EQ(value("](K\x01K\x02"
                  "eK\x03"
                  "a")
                .root()
                .items.size(),
            3U);
  const Pickle dict = value("}(" + PickleText().text("a").integer(1).text("a").integer(2).bytes() + "u" +
                            PickleText().text("b").integer(3).bytes() + "s");
  EXPECT_EQ(dict.root().find("a")->integer, 2) << "the last one counts";
  EXPECT_EQ(dict.root().find("b")->integer, 3);
  EXPECT_EQ(dict.root().find("c"), nullptr);
  const Pickle call =
      value(PickleText().global("collections", "OrderedDict").raw(")R").text("k").integer(5).bytes() + "s}b");
  EXPECT_EQ(call.root().kind, Kind::kCall);
  EXPECT_EQ(call.root().items[0]->text, "collections OrderedDict");
  EXPECT_EQ(call.root().find("k")->integer, 5);
  EXPECT_TRUE(call.root().has_state);
  EXPECT_EQ(value("K\x05q\x01h\x01\x86").root().items[1]->integer, 5);
  EXPECT_EQ(value("K\x05Q").root().items[0]->integer, 5);
}

TEST(Pickle, ListsThatHoldThemselvesAndDeepOnesAreHarmless) {
  const Pickle circle = value(
      "]q\x01h\x01"
      "a");
  EXPECT_EQ(circle.root().items[0], &circle.root());
  const std::size_t depth = 900'000;
  const Pickle deep = value("K\x01" + std::string(depth, '\x85'));
  EXPECT_EQ(deep.root().items.size(), 1U);
}

TEST(Pickle, DamageIsNamed) {
  const auto expect_refused = [](const std::string& bytes, const char* what) {
    SCTAB_EXPECT_THROW_WITH(unpickled(bytes), InputError, "x.ckpt: data.pkl", what);
  };
  expect_refused("", "1 byte is missing at byte 0");
  expect_refused(".", "empty stack");
  expect_refused("\x80\x04N.", "protocol 4 instead of 2");
  expect_refused("N(R.", "empty stack");
  expect_refused("NNa.", "a value that holds none");
  expect_refused("}(Nu.", "a key without a value");
  expect_refused("Nt.", "no mark");
  expect_refused("h\x07.", "value 7, which was never stored");
  expect_refused("cos\nsystem", "no line end");
  expect_refused(
      "X\xFF\xFF\xFF\xFF"
      "abc.",
      "4,294,967,291 bytes are missing");
  expect_refused(
      "\x8b\xFF\xFF\xFF\x7F"
      "abc.",
      "2,147,483,643 bytes are missing");
  // Operations that can run code by other ways, and those of other protocols.
  for (const char operation :
       {'i', 'o', 'P', 'I', 'L', 'F', 'S', 'V', 'p', 'g', 'd', 'l', '\x82', '\x92', '\x93', '\x97'}) {
    expect_refused(std::string("NN") + operation + "os\nsystem\n.", "which torch.save() does not write");
  }
}

void expect_no_crash(const std::string& bytes) {
  try {
    static_cast<void>(unpickled(bytes).root());
  } catch (const InputError&) {
  }
}

TEST(Pickle, NoCutAndNoChangedByteIsACrash) {
  sctab::tests::CheckpointText checkpoint;
  checkpoint.add("classifier.weight", {2, 3}, {1, 2, 3, 4, 5, 6});
  checkpoint.hyper_parameters = {{"gene_dim", std::int64_t{3}}, {"gamma", 1.3}, {"mask_type", std::string("entmax")}};
  const std::string whole = checkpoint.pickle();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_THROW(unpickled(whole.substr(0, n)), InputError) << n;
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[n] = static_cast<char>(byte);
      expect_no_crash(changed);
    }
  }
}

}  // namespace
}  // namespace sctab::torch_checkpoint::tests
