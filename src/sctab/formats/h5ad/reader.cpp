#include "sctab/formats/h5ad/reader.hpp"

#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/annotated_copy.hpp"

namespace sctab::h5ad {

File::File(const std::filesystem::path& path, const formats::OpenOptions& options)
    : File(std::make_unique<hdf5::OpenedFile>(path, options.allow_external), options) {}

File::File(std::unique_ptr<hdf5::OpenedFile> file, const formats::OpenOptions& options)
    : Cells(file->path(), file->root(), options.modality), file_(std::move(file)) {}

File::~File() = default;
File::File(File&&) noexcept = default;

std::unique_ptr<formats::CellSink> File::copy_to(const std::filesystem::path& target) const {
  require_unchanged();
  if (!file_->other_files().linked.empty() || !file_->other_files().values.empty()) {
    throw core::InputError({.file = path().string(),
                            .found = "leads into other files, into which a copy would lead too",
                            .next_step = "write the labels alone, with -o FILE.csv"});
  }
  return std::make_unique<AnnotatedCopy>(file_->second_descriptor(), path(), target, n_cells(), modality_path());
}

std::string_view File::copy_ending() const {
  return modality_path().empty() ? ".h5ad" : ".h5mu";
}

}  // namespace sctab::h5ad
