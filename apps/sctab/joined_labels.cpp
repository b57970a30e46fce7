#include "joined_labels.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

namespace sctab::cli {

void print_labels(const std::vector<published::JoinedLabel>& labels) {
  std::map<published::JoinedBy, std::int64_t> counts;
  for (const published::JoinedLabel& label : labels) ++counts[label.how];
  for (const auto& [how, n] : counts) {
    const bool joined = how != published::JoinedBy::kNothing;
    fmt::print("{} of {} labels joined {}\n", n, labels.size(),
               joined ? fmt::format("by {}", published::name(how)) : "no term");
  }
  for (const published::JoinedLabel& label : labels) {
    if (label.how == published::JoinedBy::kNothing) {
      fmt::print("  \"{}\" has no Cell Ontology id: {}\n", label.label, label.reason);
    } else if (label.current_name != label.label && !label.current_name.empty()) {
      fmt::print("  \"{}\" is now {} \"{}\", by {}\n", label.label, label.id, label.current_name,
                 published::name(label.how));
    }
  }
}

nlohmann::json labels_json(const std::vector<published::JoinedLabel>& labels) {
  nlohmann::json json = nlohmann::json::array();
  for (const published::JoinedLabel& label : labels) {
    json.push_back({{"label", label.label},
                    {"cell_type_ontology_term_id", label.id},
                    {"current_name", label.current_name},
                    {"joined_by", published::name(label.how)},
                    {"reason", label.reason}});
  }
  return json;
}

}  // namespace sctab::cli
