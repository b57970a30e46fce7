#include "sctab/annotate/labels.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <utility>

#include "sctab/annotate/annotate.hpp"
#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::annotate {
namespace {

/// The columns of the csv, tsv and Parquet tables.
constexpr std::array kColumns = {"cell", "cell_type", "cell_type_ontology_term_id", "probability", "uncertainty"};

/// One name per type, -1 first; categories are sorted, and only types that occur have one.
template <typename NameOf>
formats::Categorical to_categorical(std::span<const core::TypeIndex> types, NameOf name_of) {
  std::map<core::TypeIndex, std::string> names;
  for (const core::TypeIndex type : types) {
    if (!names.contains(type)) names.emplace(type, name_of(type));
  }
  std::map<std::string, std::int32_t> codes;
  for (const auto& [type, name] : names) codes.emplace(name, 0);
  formats::Categorical column;
  for (auto& [name, code] : codes) {
    code = core::narrow<std::int32_t>(column.categories.size());
    column.categories.push_back(name);
  }
  std::map<core::TypeIndex, std::int32_t> code_of_type;
  for (const auto& [type, name] : names) code_of_type[type] = codes.at(name);
  column.codes.reserve(types.size());
  for (const core::TypeIndex type : types) column.codes.push_back(code_of_type.at(type));
  return column;
}

/// Writes all of it to a file or a pipe; a signal ends the wait for who reads there. Returns 0 or an errno.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    core::check_interrupt();
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno != EINTR) return errno;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

const char* advice_after(int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  if (error == EPIPE) return "what read it has ended: keep it running, or choose another -o";
  return is_full ? "free some space or choose another -o" : "choose another -o";
}

}  // namespace

void Labels::append(sparse::CsrView log_norm, model::Prediction& prediction) {
  SCTAB_ASSERT(prediction.n_types == static_cast<std::int64_t>(cell_types_.size()));
  const auto width = static_cast<std::size_t>(prediction.n_embedding);
  std::span<float> embedding = prediction.embedding;
  for (const auto& [type, probability] : model::call_types(prediction, log_norm, n_cells())) {
    types_.push_back(type);
    probabilities_.push_back(probability);
    if (type < 0) std::ranges::fill(embedding.first(width), 0.0F);
    embedding = embedding.subspan(width);
  }
}

std::string Labels::label(core::TypeIndex type) const {
  return type < 0 ? std::string(kUnknown) : cell_types_[static_cast<std::size_t>(type)].label;
}

std::string Labels::id(core::TypeIndex type) const {
  const bool has_id = type >= 0 && !cell_types_[static_cast<std::size_t>(type)].id.empty();
  return has_id ? cell_types_[static_cast<std::size_t>(type)].id : std::string(kUnknown);
}

std::int64_t Labels::n_unknown() const {
  return std::ranges::count(types_, -1);
}

std::map<std::string, std::int64_t> Labels::cells_per_type() const {
  std::map<core::TypeIndex, std::int64_t> by_type;
  for (const core::TypeIndex type : types_) ++by_type[type];
  std::map<std::string, std::int64_t> by_label;
  for (const auto& [type, n] : by_type) by_label[label(type)] += n;
  return by_label;
}

std::map<std::string, double> Labels::median_uncertainty_per_type() const {
  std::map<core::TypeIndex, std::vector<float>> by_type;
  for (std::size_t cell = 0; cell < types_.size(); ++cell) {
    by_type[types_[cell]].push_back(uncertainty(probabilities_[cell]));
  }
  std::map<std::string, std::vector<float>> by_label;  // types may share one
  for (const auto& [type, found] : by_type) {
    std::vector<float>& all = by_label[label(type)];
    all.insert(all.end(), found.begin(), found.end());
  }
  std::map<std::string, double> medians;
  for (auto& [name, found] : by_label) {
    const auto middle = found.begin() + std::ssize(found) / 2;
    std::ranges::nth_element(found, middle);
    const double upper = static_cast<double>(*middle);
    const bool is_one_cell = std::ssize(found) % 2 == 1;
    const double lower = is_one_cell ? upper : static_cast<double>(*std::max_element(found.begin(), middle));
    medians[name] = (lower + upper) / 2;
  }
  return medians;
}

std::vector<formats::Column> Labels::obs_columns() const {
  formats::Reals32 uncertainties(probabilities_.size());
  std::ranges::transform(probabilities_, uncertainties.begin(), uncertainty);
  return {{"sctab_cell_type", to_categorical(types_, [this](auto type) { return label(type); })},
          {"sctab_cell_type_ontology_term_id", to_categorical(types_, [this](auto type) { return id(type); })},
          {"sctab_probability", formats::Reals32(probabilities_)},
          {"sctab_uncertainty", std::move(uncertainties)}};
}

void Labels::write_table(const std::filesystem::path& path, OutputFormat format,
                         std::span<const std::string> cell_names) const {
  SCTAB_ASSERT(cell_names.size() == types_.size());
  if (format == OutputFormat::kParquet) return write_parquet(path, cell_names);
  write_text(path, format == OutputFormat::kTsv ? '\t' : ',', cell_names);
}

void Labels::write_text(const std::filesystem::path& path, char separator,
                        std::span<const std::string> cell_names) const {
  constexpr std::size_t kBytesAtOnce = 1 << 20;
  std::vector<std::string> fields;  // ",label,id," of each type, unknown first
  for (core::TypeIndex type = -1; std::cmp_less(type, cell_types_.size()); ++type) {
    fields.push_back(
        fmt::format("{0}{1}{0}{2}{0}", separator, core::csv_field(label(type)), core::csv_field(id(type))));
  }
  const bool to_standard_output = path == kStandardOutput;
  const core::FileDescriptor own =
      to_standard_output ? core::FileDescriptor() : core::FileDescriptor::open(path, O_WRONLY | O_CREAT | O_TRUNC);
  int error = (to_standard_output ? std::fflush(stdout) == 0 : own.is_open()) ? 0 : errno;
  std::string lines = fmt::format("{}\n", fmt::join(kColumns, std::string(1, separator)));
  const auto write_lines = [&] {
    if (error == 0) error = write_all(to_standard_output ? STDOUT_FILENO : own.get(), lines);
    lines.clear();
  };
  for (std::size_t cell = 0; cell < types_.size() && error == 0; ++cell) {
    lines += core::csv_field(cell_names[cell]);
    lines += fields[static_cast<std::size_t>(types_[cell] + 1)];
    const float probability = probabilities_[cell];
    fmt::format_to(std::back_inserter(lines), "{}{}{}\n", probability, separator, uncertainty(probability));
    if (lines.size() >= kBytesAtOnce) write_lines();
  }
  write_lines();
  if (error == 0) return;
  core::check_interrupt();  // a signal ends the wait for the reader of a FIFO
  throw core::InputError({.file = to_standard_output ? "standard output" : path.string(),
                          .found = fmt::format("cannot be written: {}", std::strerror(error)),
                          .next_step = advice_after(error)});
}

void Labels::write_parquet(const std::filesystem::path& path, std::span<const std::string> cell_names) const {
  std::vector<std::string> labels, ids;  // of each type, unknown first
  for (core::TypeIndex type = -1; std::cmp_less(type, cell_types_.size()); ++type) {
    labels.push_back(label(type));
    ids.push_back(id(type));
  }
  std::vector<float> uncertainties(probabilities_.size());
  std::ranges::transform(probabilities_, uncertainties.begin(), uncertainty);
  const auto of_type = [this](const std::vector<std::string>& names) {
    return [this, &names](std::int64_t cell) -> std::string_view {
      return names[static_cast<std::size_t>(types_[static_cast<std::size_t>(cell)] + 1)];
    };
  };
  const auto name_of = [cell_names](std::int64_t cell) -> std::string_view {
    return cell_names[static_cast<std::size_t>(cell)];
  };
  parquet::write_table(path,
                       {{kColumns[0], name_of},
                        {kColumns[1], of_type(labels)},
                        {kColumns[2], of_type(ids)},
                        {kColumns[3], std::span(probabilities_)},
                        {kColumns[4], std::span<const float>(uncertainties)}},
                       n_cells());
}

}  // namespace sctab::annotate
