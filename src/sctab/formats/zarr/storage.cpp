#include "sctab/formats/zarr/storage.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/zarr/folder_storage.hpp"
#include "sctab/formats/zarr/zip_storage.hpp"

namespace sctab::zarr {
namespace fs = std::filesystem;

std::shared_ptr<const Storage> open_storage(const fs::path& path, bool allow_external) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return std::make_shared<FolderStorage>(path, allow_external);
  return std::make_shared<ZipStorage>(path);
}

WholeValue read_whole(const Storage& storage, const std::string& key, std::uint64_t most_bytes,
                      std::int64_t bytes_each) {
  const std::unique_ptr<Value> value = storage.open(key);
  if (value == nullptr) return {};
  const std::uint64_t size = value->size();
  core::Problem problem = storage.place(key);
  problem.found = fmt::format("has {}", core::format_bytes(static_cast<double>(size)));
  if (size > most_bytes) {
    problem.expected = fmt::format("at most {}", core::format_bytes(static_cast<double>(most_bytes)));
    throw core::InputError(std::move(problem));
  }
  core::require_memory(static_cast<std::int64_t>(size), bytes_each, std::move(problem));
  WholeValue whole{.found = true, .bytes = Bytes(static_cast<std::size_t>(size))};
  value->read(0, whole.bytes);
  return whole;
}

std::string join(std::string_view path, std::string_view name) {
  if (path.empty() || name.empty()) return std::string(path.empty() ? name : path);
  return fmt::format("{}/{}", path, name);
}

}  // namespace sctab::zarr
