#include "sctab/formats/zarr/zip_storage.hpp"
namespace sctab::zarr {
struct ZipStorage::State {
  std::filesystem::path path;
};
ZipStorage::ZipStorage(std::filesystem::path path) : state_(std::make_unique<State>(State{path})) {}
ZipStorage::~ZipStorage() = default;
const std::filesystem::path& ZipStorage::path() const {
  return state_->path;
}
core::FileIdentity ZipStorage::identity() const {
  return {};
}
void ZipStorage::require_unchanged() const {}
std::unique_ptr<Value> ZipStorage::open(const std::string&) const {
  return nullptr;
}
formats::Strings ZipStorage::names(const std::string&) const {
  return {};
}
}  // namespace sctab::zarr
