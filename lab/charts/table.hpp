#pragma once

#include <string>
#include <vector>

namespace sctab::charts {

/// Rows of text, each as wide as `columns`.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

}  // namespace sctab::charts
