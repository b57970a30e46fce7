#pragma once

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>
#include <string>

namespace sctab::cli {

/// CLI11's help with types beside the names, defaults after the descriptions, and lines of at most 100 columns.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat() { column_width(34); }
  std::string make_description(const CLI::App* app) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

/// Breaks at spaces so that no line passes `width` where that can be; keeps the line breaks that are there.
std::string wrap(const std::string& text, std::size_t width);

}  // namespace sctab::cli
