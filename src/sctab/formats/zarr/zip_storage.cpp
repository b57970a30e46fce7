#include "sctab/formats/zarr/zip_storage.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::zarr {
namespace {

constexpr std::uint64_t kMostBytesOfMember = std::uint64_t{1} << 40;

class MemberValue final : public Value {
 public:
  MemberValue(std::shared_ptr<const zip::Archive> archive, std::shared_ptr<arrays::PieceCache> expanded,
              std::string name, const zip::Archive::Entry& entry)
      : archive_(std::move(archive)), expanded_(std::move(expanded)), name_(std::move(name)), entry_(entry) {}

  [[nodiscard]] std::uint64_t size() const override { return entry_.n_bytes; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset == 0 && out.size() == entry_.n_bytes) return archive_->read(name_, out);  // which checks its checksum
    if (entry_.method == zip::Archive::Method::kStored) return archive_->read_part(name_, offset, out);
    const auto whole = expanded_->get(static_cast<std::int64_t>(entry_.header),
                                      [this](Bytes& bytes) { bytes = archive_->read(name_, kMostBytesOfMember); });
    std::ranges::copy(std::span(*whole).subspan(static_cast<std::size_t>(offset), out.size()), out.begin());
  }

 private:
  std::shared_ptr<const zip::Archive> archive_;
  std::shared_ptr<arrays::PieceCache> expanded_;
  std::string name_;
  zip::Archive::Entry entry_;
};

/// The parts of keys that follow the prefix, up to the next slash, each once.
formats::Strings names_below(const zip::Archive::Entries& entries, const std::string& prefix) {
  formats::Strings names;
  for (auto entry = entries.lower_bound(prefix); entry != entries.end() && entry->first.starts_with(prefix);) {
    core::check_interrupt();
    const std::string rest = entry->first.substr(prefix.size());
    std::string name = rest.substr(0, rest.find('/'));
    // What follows all of "NAME/…".
    entry =
        name.size() < rest.size() ? entries.lower_bound(prefix + name + static_cast<char>('/' + 1)) : std::next(entry);
    if (!name.empty() && core::is_utf8(name)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// Where the zarr is in the archive: people zip the folder rather than what is in it.
std::string find_prefix(const zip::Archive& archive) {
  constexpr std::array<const char*, 3> kMarkers = {"zarr.json", ".zgroup", ".zarray"};
  const auto is_zarr = [&](const std::string& prefix) {
    return std::ranges::any_of(kMarkers, [&](const char* marker) { return archive.contains(prefix + marker); });
  };
  if (is_zarr("")) return "";
  std::string found;
  for (const std::string& name : names_below(archive.entries(), "")) {
    if (!is_zarr(name + "/")) continue;
    if (!found.empty()) return "";  // two: neither is meant
    found = name + "/";
  }
  return found;
}

}  // namespace

ZipStorage::ZipStorage(std::filesystem::path path)
    // zarr-python adds what it writes again at the end.
    : archive_(std::make_shared<zip::Archive>(
          std::move(path), zip::ArchiveKind{.expected = "a zarr in a zip file", .last_counts = true})),
      prefix_(find_prefix(*archive_)) {}

std::unique_ptr<Value> ZipStorage::open(const std::string& key) const {
  std::string name = member_of(key);
  const auto found = archive_->entries().find(name);
  if (found == archive_->entries().end()) return nullptr;
  return std::make_unique<MemberValue>(archive_, expanded_, std::move(name), found->second);
}

formats::Strings ZipStorage::names(const std::string& key) const {
  return names_below(archive_->entries(), prefix_ + key + (key.empty() ? "" : "/"));
}

void ZipStorage::visit_keys(const std::function<void(const std::string& key)>& visit) const {
  for (const auto& [name, entry] : archive_->entries()) {
    if (name.starts_with(prefix_) && !name.ends_with('/')) visit(name.substr(prefix_.size()));
  }
}

}  // namespace sctab::zarr
