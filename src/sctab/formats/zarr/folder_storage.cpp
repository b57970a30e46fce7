#include "sctab/formats/zarr/folder_storage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/arrays/next_steps.hpp"

namespace sctab::zarr {
namespace fs = std::filesystem;
namespace {

/// Never 0, which is nothing.
std::uint64_t state_of(const core::FileIdentity& identity) {
  std::uint64_t state = 0x9E3779B97F4A7C15U;
  for (const std::uint64_t part : {identity.device, identity.inode, static_cast<std::uint64_t>(identity.bytes),
                                   static_cast<std::uint64_t>(identity.modified)}) {
    state = (state ^ part) * 0xD6E8FEB86659FD93U;
    state ^= state >> 32U;
  }
  return state | 1U;
}

bool is_missing(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
}

class FileValue final : public Value {
 public:
  FileValue(core::FileDescriptor file, core::FileIdentity identity, core::Problem place)
      : file_(std::move(file)), identity_(identity), place_(std::move(place)) {}

  [[nodiscard]] std::uint64_t size() const override { return static_cast<std::uint64_t>(identity_.bytes); }
  [[nodiscard]] int descriptor() const override { return file_.get(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    const int error = core::read_at(file_.get(), static_cast<std::int64_t>(offset), out);
    if (error == 0) return;
    core::Problem problem = place_;
    problem.found = error == core::kFileEnds ? "ends earlier than its size says; is something writing to it?"
                                             : fmt::format("cannot be read: {}", std::strerror(error));
    throw core::InputError(std::move(problem));
  }

 private:
  core::FileDescriptor file_;
  core::FileIdentity identity_;
  core::Problem place_;
};

core::FileIdentity identity_of_folder(const fs::path& path) {
  const auto folder = core::FileDescriptor::open(path, O_RDONLY | O_DIRECTORY);
  if (folder.is_open()) return core::identity_of(folder, path);
  throw core::InputError({.file = path.string(), .found = fmt::format("cannot be opened: {}", std::strerror(errno))});
}

}  // namespace

FolderStorage::FolderStorage(fs::path path, bool allow_external)
    : path_(std::move(path)),
      root_(fs::canonical(path_)),
      allow_external_(allow_external),
      identity_(identity_of_folder(path_)) {}

fs::path FolderStorage::find(const std::string& key) const {
  std::error_code error;
  const fs::path file = fs::canonical(key.empty() ? root_ : root_ / key, error);
  if (is_missing(error)) {
    refuse_dangling(key);
    return {};
  }
  if (error) {
    core::Problem problem = place(key);
    problem.found = fmt::format("cannot be opened: {}", error.message());
    throw core::InputError(std::move(problem));
  }
  const std::string& within = root_.native();
  const std::string& found = file.native();
  const bool is_within =
      found.starts_with(within) && (found.size() == within.size() || found[within.size()] == '/' || within == "/");
  if (is_within || allow_external_) return file;
  core::Problem problem = place(key);
  problem.found = fmt::format("is a link that leads out of the folder, to {}", found);
  problem.next_step = "copy what it leads to into the folder, or give --allow-external if you trust it";
  throw core::InputError(std::move(problem));
}

void FolderStorage::refuse_dangling(const std::string& key) const {
  fs::path part = root_;
  for (const fs::path& name : fs::path(key)) {
    part /= name;
    std::error_code ignored;
    const fs::file_status status = fs::symlink_status(part, ignored);
    if (!fs::exists(status)) return;
    if (!fs::is_symlink(status) || fs::exists(part, ignored)) continue;
    core::Problem problem = place(key);
    problem.found = "is a link that leads nowhere";
    problem.next_step = "copy the folder again, with what its links lead to";
    throw core::InputError(std::move(problem));
  }
}

void FolderStorage::remember(const std::string& key, std::uint64_t state) const {
  const std::lock_guard lock(mutex_);
  const auto [known, is_new] = states_.try_emplace(std::hash<std::string_view>{}(key), state);
  if (!is_new && known->second != state) core::refuse_changed(path_);
  if (is_new) keys_.append(key).push_back('\0');
}

std::unique_ptr<Value> FolderStorage::open(const std::string& key) const {
  const fs::path file = find(key);
  if (file.empty()) {
    remember(key, 0);
    return nullptr;
  }
  try {
    core::FileDescriptor opened = core::open_input(file, {.next_step = arrays::kCopyAgain});
    const core::FileIdentity identity = core::identity_of(opened, path_);
    remember(key, state_of(identity));
    return std::make_unique<FileValue>(std::move(opened), identity, place(key));
  } catch (const core::InputError& error) {
    core::Problem problem = error.problem();
    problem.file = path_.string();
    problem.key = key;
    throw core::InputError(std::move(problem));
  }
}

formats::Strings FolderStorage::names(const std::string& key) const {
  formats::Strings names = all_names(key);
  std::erase_if(names, [](const std::string& name) { return !core::is_utf8(name); });
  return names;
}

formats::Strings FolderStorage::all_names(const std::string& key) const {
  const fs::path folder = find(key);
  formats::Strings names;
  if (folder.empty()) return names;
  std::error_code error;
  auto entry = fs::directory_iterator(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
    if (names.size() % 1024 == 0) core::check_interrupt();
  }
  if (error && error != std::errc::not_a_directory) {
    core::Problem problem = place(key);
    problem.found = fmt::format("the folder cannot be read: {}", error.message());
    throw core::InputError(std::move(problem));
  }
  std::ranges::sort(names);
  return names;
}

void FolderStorage::visit_keys(const std::function<void(const std::string& key)>& visit) const {
  visit_below("", 0, visit);
}

void FolderStorage::visit_below(const std::string& key, int depth,
                                const std::function<void(const std::string& key)>& visit) const {
  constexpr int kMostDepth = 64;
  if (depth > kMostDepth) {
    core::Problem problem = place(key);
    problem.found = fmt::format("lies more than {} folders deep: links may lead in a circle", kMostDepth);
    throw core::InputError(std::move(problem));
  }
  for (const std::string& name : all_names(key)) {
    const std::string below = join(key, name);
    std::error_code ignored;
    if (fs::is_directory(find(below), ignored)) {
      visit_below(below, depth + 1, visit);
    } else {
      visit(below);
    }
  }
}

void FolderStorage::require_unchanged() const {
  const std::lock_guard lock(mutex_);
  std::string_view rest = keys_;
  for (std::size_t n = 0; !rest.empty(); ++n) {
    if (n % 1024 == 0) core::check_interrupt();
    const std::string_view key = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(key.size() + 1);
    const std::uint64_t before = states_.at(std::hash<std::string_view>{}(key));
    const core::FileDescriptor file = core::FileDescriptor::open(root_ / key, O_PATH);
    const std::uint64_t now = file.is_open() ? state_of(core::identity_of(file, path_)) : 0;
    if (now != before) core::refuse_changed(path_);
  }
}

}  // namespace sctab::zarr
