#include "sctab/store/growing_folder.hpp"

#include <fmt/format.h>

#include <regex>

#include "sctab/core/error.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::store {
namespace fs = std::filesystem;
namespace {

// The name that a file gets when it is whole: of ".NAME.PID-SERIAL.tmp" that is NAME, of others their own.
std::string final_name(const std::string& name) {
  static const std::regex temporary(R"(\.(.+)\.\d+-\d+\.tmp(\.old)?)");
  std::smatch match;
  return std::regex_match(name, match, temporary) ? match[1].str() : name;
}

}  // namespace

bool is_name_of_growing_store(const std::string& name) {
  static const std::regex shard_or_spool(R"((train|val|test)-\d{5,}\.(h5ad|spool))");
  return std::regex_match(name, shard_or_spool) || name == kManifestFile || name == kGenesFile ||
         name == kOntologyFile || name == kCheckpointFile;
}

void require_only_ours(const fs::path& folder, std::string_view of,
                       const std::function<bool(const std::string&)>& is_ours, std::string_view subfolder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (fs::is_directory(entry.symlink_status()) && name == subfolder) continue;
    if (fs::is_regular_file(entry.symlink_status()) && is_ours(final_name(name))) continue;
    throw core::InputError(
        fmt::format("{}: holds {}, which is not of an unfinished {}, and one would lie there; move it, or choose "
                    "another -o",
                    folder.string(), name, of));
  }
}

}  // namespace sctab::store
