#include "sctab/published/hparams.hpp"

#include <fmt/format.h>

#include <charconv>

#include "sctab/core/error.hpp"
#include "sctab/published/text_file.hpp"

namespace sctab::published {
namespace {

using core::InputError;

constexpr std::uint64_t kMaxBytes = 1 << 20;
constexpr std::string_view kKeyCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// A plain or quoted value; nothing for what has a tag, is a list or a map, or goes on in the next line.
std::optional<std::string> plain_value(std::string_view text) {
  if (text.empty() || text.find_first_of("!&*[{|>@`%", 0) == 0) return std::nullopt;
  if (text.front() == '\'' || text.front() == '"') {
    const char quote = text.front();
    const std::string_view inner = text.substr(1, text.size() - 2);
    const bool simple = text.size() >= 2 && text.back() == quote && inner.find_first_of("'\"\\") == std::string::npos;
    return simple ? std::optional<std::string>(inner) : std::nullopt;
  }
  return std::string(trimmed(text.substr(0, text.find(" #"))));
}

template <typename T>
std::optional<T> parsed(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void wrong(const Hparams& hparams, std::string_view key, std::string_view found,
                        std::string_view expected) {
  throw InputError(
      fmt::format("{}: {} is {}, expected {}; give the hparams.yaml that was published with the checkpoint",
                  hparams.path().string(), key, found, expected));
}

}  // namespace

Hparams::Hparams(const std::filesystem::path& path) : path_(path) {
  const std::string text = read_text_file(path, kMaxBytes, "the hparams.yaml of a checkpoint");
  std::size_t line_number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trimmed(line).empty() || line.front() == '#' || line == "---" || line == "...") continue;
    if (line.front() == ' ' || line.front() == '-') continue;  // belongs to the value above
    const std::size_t colon = line.find_first_not_of(kKeyCharacters);
    const bool is_pair = colon != 0 && colon != std::string_view::npos && line[colon] == ':' &&
                         (colon + 1 == line.size() || line[colon + 1] == ' ');
    if (!is_pair) {
      throw InputError(fmt::format("{}: line {} is {:?}, expected \"key: value\" as PyTorch Lightning writes it",
                                   path.string(), line_number, line));
    }
    std::string key(line.substr(0, colon));
    if (!values_.emplace(key, plain_value(trimmed(line.substr(colon + 1)))).second) {
      throw InputError(
          fmt::format("{}: line {} has {} a second time, expected it once", path.string(), line_number, key));
    }
  }
}

const std::string& Hparams::text(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) wrong(*this, key, "missing", "a value");
  if (!found->second) wrong(*this, key, "a list, a map or a Python object", "a plain value");
  return *found->second;
}

std::int64_t Hparams::integer(std::string_view key) const {
  const auto value = parsed<std::int64_t>(text(key));
  if (!value) wrong(*this, key, text(key), "a whole number");
  return *value;
}

double Hparams::real(std::string_view key) const {
  const auto value = parsed<double>(text(key));
  if (!value) wrong(*this, key, text(key), "a number");
  return *value;
}

model::Architecture architecture(const Hparams& hparams) {
  model::Architecture result;
  result.n_genes = hparams.integer("gene_dim");
  result.n_types = hparams.integer("type_dim");
  try {
    if (hparams.contains("n_d")) {
      result.kind = model::ModelKind::kTabnet;
      result.tabnet = {.n_d = hparams.integer("n_d"),
                       .n_a = hparams.integer("n_a"),
                       .n_steps = hparams.integer("n_steps"),
                       .gamma = hparams.real("gamma"),
                       .n_independent = hparams.integer("n_independent"),
                       .n_shared = hparams.integer("n_shared"),
                       .epsilon = hparams.real("epsilon"),
                       .virtual_batch_size = hparams.integer("virtual_batch_size"),
                       .momentum = hparams.real("momentum"),
                       .mask_type = model::parse_mask_type(hparams.text("mask_type"))};
    } else if (hparams.contains("hidden_size")) {
      result.kind = model::ModelKind::kMlp;
      result.mlp = {.n_hidden = hparams.integer("n_hidden"),
                    .hidden_size = hparams.integer("hidden_size"),
                    .dropout = hparams.real("dropout")};
    } else {
      result.kind = model::ModelKind::kLinear;
    }
    result.validate();
  } catch (const InputError& error) {
    const std::string what = error.what();
    if (what.starts_with(hparams.path().string())) throw;
    throw InputError(fmt::format("{}: {}", hparams.path().string(), what));
  }
  return result;
}

}  // namespace sctab::published
