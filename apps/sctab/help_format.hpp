#pragma once

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>
#include <string>

namespace sctab::cli {

/// CLI11's help with types next to the names, defaults after the descriptions, and lines of at most kHelpWidth columns.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat() { column_width(34); }
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

inline constexpr std::size_t kHelpWidth = 100;

/// Breaks at spaces so that no line is longer than `width` where that is possible; keeps existing line breaks.
std::string wrap(const std::string& text, std::size_t width);

}  // namespace sctab::cli
