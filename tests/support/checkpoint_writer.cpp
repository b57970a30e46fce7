#include "support/checkpoint_writer.hpp"

#include <fmt/format.h>
#include <libdeflate.h>

#include <bit>

#include "support/bytes.hpp"

namespace sctab::tests {
namespace {

std::string little(std::uint64_t value, std::size_t n_bytes) {
  std::string bytes;
  for (; bytes.size() < n_bytes; value >>= 8) bytes += static_cast<char>(value & 0xFF);
  return bytes;
}

std::int64_t width_of(const std::string& type) {
  if (type == "LongStorage" || type == "DoubleStorage") return 8;
  return type == "HalfStorage" || type == "BFloat16Storage" ? 2 : 4;
}

std::vector<std::int64_t> contiguous(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i > 1; --i) strides[i - 2] = strides[i - 1] * shape[i - 1];
  return strides;
}

std::string deflated(const std::string& bytes) {
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_deflate_compress_bound(compressor, bytes.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor, bytes.data(), bytes.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

}  // namespace

PickleText& PickleText::raw(std::string_view operations) {
  bytes_ += operations;
  return *this;
}
PickleText& PickleText::number(std::uint64_t value, std::size_t n_bytes) {
  return raw(little(value, n_bytes));
}
PickleText& PickleText::text(std::string_view value) {
  return raw("X").number(value.size(), 4).raw(value);
}
PickleText& PickleText::integer(std::int64_t value) {
  return raw("\x8a").number(8, 1).number(static_cast<std::uint64_t>(value), 8);
}
PickleText& PickleText::real(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::string bytes = little(bits, 8);
  return raw("G").raw(std::string(bytes.rbegin(), bytes.rend()));
}
PickleText& PickleText::global(std::string_view module, std::string_view name) {
  return raw("c").raw(module).raw("\n").raw(name).raw("\n");
}
PickleText& PickleText::sizes(const std::vector<std::int64_t>& values) {
  raw("(");
  for (const std::int64_t value : values) integer(value);
  return raw("t");
}

std::string zip_bytes(const std::vector<ZipEntry>& entries, const ZipForm& form) {
  const auto size32 = [&](std::uint64_t value) { return little(form.zip64 ? 0xFFFFFFFF : value, 4); };
  std::string file, list;
  for (const auto& [name, bytes] : entries) {
    const std::string stored = form.deflates ? deflated(bytes) : bytes;
    const std::uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
    const std::string common =
        little(form.flags, 2) + little(form.deflates ? 8 : form.method, 2) + little(0, 4) + little(crc, 4);
    std::string extra;
    if (form.zip64) {
      extra = little(0xCAFE, 2) + little(2, 2) + "ab" + little(1, 2) + little(24, 2) + little(bytes.size(), 8) +
              little(stored.size(), 8) + little(file.size(), 8);
    }
    list += "PK\x01\x02" + little(45, 2) + little(45, 2) + common + size32(stored.size()) + size32(bytes.size()) +
            little(name.size(), 2) + little(extra.size(), 2) + little(0, 2 + 2 + 2 + 4) + size32(file.size()) + name +
            extra;
    const std::string padding = "pad to an odd place";
    file += "PK\x03\x04" + little(45, 2) + common + little(stored.size(), 4) + little(bytes.size(), 4) +
            little(name.size(), 2) + little(padding.size(), 2) + name + padding + stored;
  }
  const std::uint64_t list_position = file.size(), n = entries.size();
  file += list;
  if (form.zip64) {
    const std::uint64_t record = file.size();
    file += "PK\x06\x06" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + little(n, 8) + little(n, 8) +
            little(list.size(), 8) + little(list_position, 8);
    file += "PK\x06\x07" + little(0, 4) + little(record, 8) + little(1, 4);
  }
  const std::uint64_t n16 = form.zip64 ? 0xFFFF : n;
  return file + "PK\x05\x06" + little(0, 4) + little(n16, 2) + little(n16, 2) + size32(list.size()) +
         size32(list_position) + little(form.comment.size(), 2) + form.comment;
}

void CheckpointText::add(const std::string& name, const std::vector<std::int64_t>& shape,
                         const std::vector<float>& values) {
  const std::string key = std::to_string(storages.size());
  storages[key] = std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  tensors.push_back({name, shape, key});
}

std::string CheckpointText::pickle() const {
  PickleText text;
  text.raw("\x80\x02}(").text("epoch").integer(41).text("global_step").integer(312564).text("state_dict");
  text.global("collections", "OrderedDict").raw(")R(");
  for (const StoredTensor& tensor : tensors) {
    const auto found = storages.find(tensor.storage);
    const auto n_bytes = found == storages.end() ? 0 : static_cast<std::int64_t>(found->second.size());
    const auto length = tensor.storage_length >= 0 ? tensor.storage_length : n_bytes / width_of(tensor.type);
    text.text(tensor.name).global("torch._utils", "_rebuild_tensor_v2").raw("((");
    text.text("storage").global("torch", tensor.type).text(tensor.storage).text("cpu").integer(length).raw("tQ");
    text.integer(tensor.offset).sizes(tensor.shape);
    text.sizes(tensor.strides.empty() ? contiguous(tensor.shape) : tensor.strides);
    text.raw("\x89").global("collections", "OrderedDict").raw(")RtR");
  }
  text.raw(more_in_state.bytes()).raw("u");
  // What torch gives its state dicts besides the tensors.
  text.raw("}").text("_metadata").global("collections", "OrderedDict").raw(")Rsb");
  text.text("hyper_parameters").raw("}(");
  for (const auto& [key, value] : hyper_parameters) {
    text.text(key);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) text.integer(*whole);
    if (const auto* real = std::get_if<double>(&value)) text.real(*real);
    if (const auto* word = std::get_if<std::string>(&value)) text.text(*word);
  }
  text.raw("u").raw(more.bytes()).raw("u.");
  return text.bytes();
}

std::string CheckpointText::bytes(const ZipForm& form) const {
  std::vector<ZipEntry> entries = {{"run/data.pkl", pickle()}, {"run/byteorder", "little"}};
  for (const auto& [key, data] : storages) entries.push_back({"run/data/" + key, data});
  entries.insert(entries.end(), more_entries.begin(), more_entries.end());
  entries.push_back({"run/version", "3\n"});
  return zip_bytes(entries, form);
}

void CheckpointText::write(const std::filesystem::path& path) const {
  write_bytes(path, bytes());
}

}  // namespace sctab::tests
