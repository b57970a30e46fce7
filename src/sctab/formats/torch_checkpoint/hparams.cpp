#include "sctab/formats/torch_checkpoint/hparams.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cmath>
#include <sstream>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::torch_checkpoint {
namespace {

using core::InputError;

constexpr const char* kExpected = "the hparams.yaml that was published with the checkpoint";
constexpr std::uint64_t kMostBytes = 1 << 20;
constexpr int kMostDepth = 100;

/// Collects the plain values on the top level. It sees events, not a tree: nothing is constructed from tags, and no
/// alias is expanded.
class TopLevel : public YAML::EventHandler {
 public:
  TopLevel(const std::filesystem::path& path, PlainValues& values) : path_(path), values_(values) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(has_document_, true)) refuse(mark, "has a second document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { add(mark, std::nullopt); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { add(mark, std::nullopt); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool is_plain = (tag == "?" || tag == "!") && anchor == 0;  // "!": in quotes
    add(mark, is_plain ? std::optional<std::string>(value) : std::nullopt);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    if (depth_ == 0) refuse(mark, "is a list");
    begin(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    begin(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  [[noreturn]] void refuse(const YAML::Mark& mark, std::string found) const {
    throw InputError({.file = path_.string(), .line = mark.line + 1, .found = std::move(found), .expected = kExpected});
  }

  void begin(const YAML::Mark& mark) {
    if (depth_ == 1) add(mark, std::nullopt);
    if (++depth_ > kMostDepth) refuse(mark, fmt::format("has lists or maps more than {} deep", kMostDepth));
  }

  /// A node of the top level: keys and values take turns.
  void add(const YAML::Mark& mark, std::optional<std::string> value) {
    if (depth_ == 0) refuse(mark, "is not a map of keys and values");
    if (depth_ > 1) return;
    is_key_ = !is_key_;
    if (is_key_) {
      key_ = std::move(value);
    } else if (key_ && !values_.emplace(*key_, std::move(value)).second) {
      refuse(mark, fmt::format("has {} a second time", *key_));
    }
  }

  const std::filesystem::path& path_;
  PlainValues& values_;
  int depth_ = 0;
  bool has_document_ = false, is_key_ = false;
  std::optional<std::string> key_;
};

}  // namespace

Hparams::Hparams(const std::filesystem::path& path) : path_(path) {
  std::istringstream text(core::read_text_file(path, kExpected, kMostBytes));
  TopLevel top_level(path, values_);
  try {
    YAML::Parser parser(text);
    while (parser.HandleNextDocument(top_level)) {
    }
  } catch (const YAML::Exception& error) {
    throw InputError({.file = path.string(),
                      .line = error.mark.line + 1,
                      .found = "is not YAML: " + error.msg,
                      .expected = kExpected});
  }
}

void Hparams::wrong(std::string_view key, std::string found, std::string expected) const {
  throw InputError({.file = path_.string(),
                    .key = std::string(key),
                    .found = std::move(found),
                    .expected = std::move(expected),
                    .next_step = fmt::format("give {}", kExpected)});
}

const std::string& Hparams::text(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) wrong(key, "is missing", "a value");
  if (!found->second) wrong(key, "is empty, a list, a map or a Python object", "a plain value");
  return *found->second;
}

std::int64_t Hparams::integer(std::string_view key) const {
  const auto value = core::parse_number<std::int64_t>(text(key));
  if (!value) wrong(key, text(key), "a whole number");
  return *value;
}

double Hparams::real(std::string_view key) const {
  const auto value = core::parse_number<double>(text(key));
  if (!value || !std::isfinite(*value)) wrong(key, text(key), "a number");
  return *value;
}

}  // namespace sctab::torch_checkpoint
