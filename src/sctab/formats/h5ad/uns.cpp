#include "sctab/formats/h5ad/uns.hpp"

#include <fmt/format.h>

#include "sctab/formats/h5ad/hdf5_handle.hpp"
#include "sctab/formats/h5ad/hdf5_value.hpp"
#include "sctab/formats/h5ad/text_reader.hpp"

namespace sctab::h5ad {

std::string uns_text(const std::filesystem::path& file, std::string_view name) {
  const Hdf5Lock lock;
  const Handle opened = open_file(file, Access::kRead);
  const std::string path = fmt::format("uns/{}", name);
  if (!is_dataset(opened.id(), path)) return {};
  const Handle dataset = open_dataset(opened.id(), path);
  if (element_type(dataset.id()).kind != ElementType::Kind::kText || !dimensions(dataset.id()).empty()) return {};
  const Strings texts = read_texts(dataset.id());
  return texts.empty() ? std::string() : texts.front();
}

}  // namespace sctab::h5ad
