#include "sctab/train/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::train {
namespace {

using model::ModelKind;

/// Calls f with the option's field, a std::optional<T> of `options`.
template <typename Options, typename F>
auto visit_field(Options& options, const Option& option, F f) {
  return std::visit([&](auto field) { return f(options.*field); }, option.field);
}

/// Calls f with a T{} of the option's type.
template <typename F>
auto visit_type(const Option& option, F f) {
  const TrainOptions none;
  return visit_field(none, option, [&]<typename T>(const std::optional<T>& /*field*/) { return f(T{}); });
}

[[noreturn]] void refuse(const Option& option, std::string found, std::string expected_value, std::string next_step) {
  throw core::InputError({.subject = command_line_name(option),
                          .found = std::move(found),
                          .expected = std::move(expected_value),
                          .next_step = std::move(next_step)});
}

std::string shown(const OptionValue& value) {
  return std::visit(
      []<typename T>(const T& given) {
        if constexpr (std::is_same_v<T, std::string>) return fmt::format("\"{}\"", given);
        return fmt::format("{}", given);
      },
      value);
}

std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped.empty() ? "–" : escaped;
}

std::string default_text(const Option& option) {
  if (option.library.empty()) return std::string(option.by_default);
  return fmt::format("{}; `--preset library`: {}", option.by_default, option.library);
}

}  // namespace

std::string_view title(Section section) {
  constexpr std::array<std::string_view, kSections.size()> kTitles = {
      "Model",
      "Inputs of networks",
      "Optimisation of networks (default: chosen from the corpus's size, and shown)",
      "TabNet (default: chosen from the corpus's size, and shown)",
      "MLP (default: chosen from the corpus's size, and shown)",
      "Networks beyond the paper (off by default)",
      "Baselines (default: the paper's values)"};
  return kTitles.at(static_cast<std::size_t>(section));
}

std::optional<OptionValue> value(const TrainOptions& options, const Option& option) {
  return visit_field(options, option, []<typename T>(const std::optional<T>& field) -> std::optional<OptionValue> {
    if (!field) return std::nullopt;
    if constexpr (std::is_enum_v<T>) {
      return std::string(name(*field));
    } else {
      return *field;
    }
  });
}

void set(TrainOptions& options, const Option& option, const OptionValue& value) {
  visit_field(options, option, [&]<typename T>(std::optional<T>& field) {
    if constexpr (std::is_enum_v<T>) {
      const auto* text = std::get_if<std::string>(&value);
      const auto* const known = text == nullptr ? kNames<T>.end() : std::ranges::find(kNames<T>, *text);
      if (known != kNames<T>.end()) return void(field = static_cast<T>(known - kNames<T>.begin()));
    } else if constexpr (std::is_same_v<T, double>) {
      const auto* whole = std::get_if<std::int64_t>(&value);
      if (whole != nullptr) return void(field = static_cast<double>(*whole));
      if (const auto* number = std::get_if<double>(&value)) return void(field = *number);
    } else {
      const T* given = std::get_if<T>(&value);
      bool is_known = true;
      if constexpr (std::is_same_v<T, std::string>) {
        is_known = option.texts.empty() || (given != nullptr && std::ranges::count(choices(option), *given) > 0);
      }
      if (given != nullptr && is_known) return void(field = *given);
    }
    refuse(option, shown(value), expected(option), "");
  });
}

void set_from_text(TrainOptions& options, const Option& option, const std::string& text) {
  const OptionValue given = visit_type(option, [&]<typename T>(T /*type*/) -> OptionValue {
    if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>) {
      if (const auto number = core::parse_number<T>(text)) return *number;
      refuse(option, shown(text), expected(option), "");
    } else if constexpr (std::is_same_v<T, bool>) {
      return text == "true";
    } else {
      if (text.empty()) refuse(option, "an empty text", "", "give a value or remove it");
      return text;
    }
  });
  set(options, option, given);
}

void reset(TrainOptions& options, const Option& option) {
  visit_field(options, option, [](auto& field) { field.reset(); });
}

bool is_switch(const Option& option) {
  return std::holds_alternative<OptionalField<bool>>(option.field);
}

std::vector<std::string_view> choices(const Option& option) {
  auto names = visit_type(option, []<typename T>(T /*type*/) {
    if constexpr (std::is_enum_v<T>) return std::vector(kNames<T>.begin(), kNames<T>.end());
    return std::vector<std::string_view>();
  });
  for (std::string_view rest = option.texts; !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    names.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

std::string type_name(const Option& option) {
  if (is_switch(option)) return "";
  const auto names = choices(option);
  if (!names.empty()) return fmt::format("{}", fmt::join(names, "|"));
  if (std::holds_alternative<OptionalField<std::int64_t>>(option.field)) return "N";
  return std::holds_alternative<OptionalField<double>>(option.field) ? "X" : "VECTORS";
}

std::string expected(const Option& option) {
  const auto names = choices(option);
  if (!names.empty()) return core::alternatives(names);
  if (is_switch(option)) return "true or false";
  if (std::holds_alternative<OptionalField<std::string>>(option.field)) return "a file";
  return model::expected(option.range, std::holds_alternative<OptionalField<std::int64_t>>(option.field));
}

bool takes(std::optional<ModelKind> kind, const Option& option) {
  return model::info(kind.value_or(ModelKind::kMixed)).options.contains(option.group);
}

std::string command_line_name(const Option& option) {
  return fmt::format("--{}", option.name);
}

std::string recipe_name(const Option& option) {
  std::string text(option.name);
  std::ranges::replace(text, '-', '_');
  return text;
}

const Option* find_option(std::string_view command_line_name) {
  if (!command_line_name.starts_with("--")) return nullptr;
  const auto* const found = std::ranges::find(kOptions, command_line_name.substr(2), &Option::name);
  return found == std::end(kOptions) ? nullptr : found;
}

void refuse_kind(std::optional<ModelKind> kind, const Option& option) {
  refuse(option,
         fmt::format("applies to {}, and this model is {}", model::kinds_with(option.group),
                     kind ? model::name(*kind) : "a network, as no --kind was given"),
         "", "remove the option");
}

void check(const TrainOptions& options) {
  for (const Option& option : kOptions) {
    const auto given = value(options, option);
    if (!given) continue;
    if (!takes(options.kind, option)) refuse_kind(options.kind, option);
    const auto* whole = std::get_if<std::int64_t>(&*given);
    const auto* number = std::get_if<double>(&*given);
    if ((whole != nullptr && !option.range.contains(static_cast<double>(*whole))) ||
        (number != nullptr && !(std::isfinite(*number) && option.range.contains(*number)))) {
      refuse(option, shown(*given), expected(option), "");
    }
  }
  if (options.preset == Preset::kLibrary && options.kind != ModelKind::kXgboost) {
    throw core::InputError({.subject = "--preset",
                            .found = "library applies to xgboost only, and this model is of another kind",
                            .next_step = "remove it"});
  }
}

void check_needs(const TrainOptions& options) {
  for (const Option& option : kOptions) {
    if (option.needs.empty() || !value(options, option)) continue;
    const std::string_view needed = option.needs.substr(0, option.needs.find(' '));
    const Option& other = *find_option(fmt::format("--{}", needed));
    const auto given = value(options, other);
    const bool is_met =
        given && (needed == option.needs || *given == OptionValue(std::string(option.needs.substr(needed.size() + 1))));
    if (is_met) continue;
    refuse(option, fmt::format("has no effect without --{}", option.needs), "", "add that, or remove it");
  }
  if (options.label_smoothing.value_or(0) > 0 && options.loss == LossKind::kHierarchical) {
    throw core::InputError({.subject = "--label-smoothing",
                            .found = "cannot be combined with --loss hierarchical, which already leaves a label's "
                                     "subtypes open",
                            .next_step = "choose one"});
  }
}

TrainOptions with_baseline_defaults(TrainOptions options) {
  for (const Option& option : kOptions) {
    const bool is_free =
        option.section == Section::kBaselines && takes(options.kind, option) && !value(options, option);
    if (!is_free) continue;
    const bool is_library = options.preset == Preset::kLibrary && !option.library.empty();
    set_from_text(options, option, std::string(is_library ? option.library : option.by_default));
  }
  return options;
}

TrainOptions options_for(ModelKind kind, TrainOptions options) {
  options.kind = kind;
  for (const Option& option : kOptions) {
    if (!takes(kind, option)) reset(options, option);
  }
  return options;
}

nlohmann::json to_json(const TrainOptions& options) {
  nlohmann::json json = nlohmann::json::object();
  for (const Option& option : kOptions) {
    const auto given = takes(options.kind, option) ? value(options, option) : std::nullopt;
    if (given) std::visit([&](const auto& known) { json[recipe_name(option)] = known; }, *given);
  }
  return json;
}

std::string options_markdown(std::span<const Section> sections) {
  std::string text;
  for (const Section section : sections) {
    text += fmt::format(
        "### {}\n\n| option | values | default | the paper | kinds | meaning |\n|---|---|---|---|---|---|\n",
        title(section));
    for (const Option& option : kOptions) {
      if (option.section != section) continue;
      std::string spelled = command_line_name(option);
      if (is_switch(option)) spelled += fmt::format("`, `--no-{}", option.name);
      text +=
          fmt::format("| `{}` | {} | {} | {} | {} | {}{} |\n", spelled, cell(expected(option)),
                      cell(default_text(option)), cell(option.paper), cell(model::kinds_with(option.group)),
                      cell(option.help), option.needs.empty() ? "" : fmt::format("; only with `--{}`", option.needs));
    }
    text += "\n";
  }
  return text;
}

}  // namespace sctab::train
