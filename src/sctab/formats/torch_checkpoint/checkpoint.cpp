#include "sctab/formats/torch_checkpoint/checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "sctab/core/error.hpp"

namespace sctab::torch_checkpoint {
namespace {

using formats::NumberType;
using Kind = PickleNode::Kind;

constexpr std::string_view kPickle = "data.pkl";
// Published checkpoints have some hundreds of kilobytes of it; each byte in the file takes a hundred in memory.
constexpr std::uint64_t kMaxPickleBytes = 4 << 20;

constexpr std::size_t kMaxDimensions = 8;

const zip::ArchiveKind kArchive = {.expected = "a zip file, as torch.save() writes it",
                                   .next_step = "download it again; it is damaged, or not a checkpoint"};

struct StorageType {
  std::string_view name;
  NumberType type;
};
constexpr std::array<StorageType, 10> kStorageTypes = {{{"torch DoubleStorage", NumberType::kF64},
                                                        {"torch FloatStorage", NumberType::kF32},
                                                        {"torch HalfStorage", NumberType::kF16},
                                                        {"torch BFloat16Storage", NumberType::kBF16},
                                                        {"torch LongStorage", NumberType::kI64},
                                                        {"torch IntStorage", NumberType::kI32},
                                                        {"torch ShortStorage", NumberType::kI16},
                                                        {"torch CharStorage", NumberType::kI8},
                                                        {"torch ByteStorage", NumberType::kU8},
                                                        {"torch BoolStorage", NumberType::kBool}}};

bool is(const PickleNode& node, Kind kind, std::size_t least_items) {
  return node.kind == kind && node.items.size() >= least_items;
}

/// The sizes of a tuple of integers >= 0; nothing where it is none.
std::optional<std::vector<std::int64_t>> sizes(const PickleNode& tuple) {
  if (tuple.kind != Kind::kTuple) return std::nullopt;
  std::vector<std::int64_t> values;
  for (const PickleNode* item : tuple.items) {
    if (item->kind != Kind::kInteger || item->integer < 0) return std::nullopt;
    values.push_back(item->integer);
  }
  return values;
}

std::string folder_of_pickle(const zip::Archive& archive) {
  std::vector<std::string> folders;
  for (const auto& [name, entry] : archive.entries()) {
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos && name.substr(slash + 1) == kPickle) folders.push_back(name.substr(0, slash + 1));
  }
  if (folders.size() != 1) {
    throw core::InputError(
        {.file = archive.path().string(),
         .found = fmt::format("a zip with {} {} in a folder", folders.empty() ? "no" : "several", kPickle),
         .expected = "a checkpoint of torch.save(), version 1.6 or later, which has one"});
  }
  return folders.front();
}

void require_little_endian(const zip::Archive& archive, const std::string& folder) {
  const std::string name = folder + "byteorder";  // newer versions of torch write it
  if (!archive.contains(name)) return;
  const auto bytes = archive.read(name, 16);
  const std::string_view order(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (order != "little") {
    throw core::InputError({.file = archive.path().string(),
                            .found = fmt::format("byte order {:?}", order),
                            .expected = "little-endian numbers",
                            .next_step = "save it again on a little-endian machine"});
  }
}

}  // namespace

std::vector<double> numbers(const CheckpointTensor& tensor) {
  const std::vector<std::int64_t>&shape = tensor.shape, &strides = tensor.strides;
  const auto n = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  const auto width = static_cast<std::int64_t>(formats::width(tensor.type));
  std::vector<double> values(static_cast<std::size_t>(n));
  std::vector<std::int64_t> at(shape.size());
  std::int64_t position = tensor.offset;
  for (double& value : values) {
    formats::to_doubles(tensor.type, tensor.storage->data() + position * width, {&value, 1});
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      position += strides[axis];
      if (++at[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return values;
}

/// How a tensor lies in its storage; lengths in numbers, not bytes.
struct Checkpoint::Description {
  NumberType type = NumberType::kF32;
  std::string storage;
  std::int64_t storage_length = 0, offset = 0;
  std::vector<std::int64_t> shape, strides;
};

Checkpoint::Checkpoint(const std::filesystem::path& path)
    : archive_(path, kArchive), folder_(folder_of_pickle(archive_)) {
  require_little_endian(archive_, folder_);
  const auto bytes = archive_.read(folder_ + std::string(kPickle), kMaxPickleBytes);
  pickle_ = std::make_unique<Pickle>(bytes, core::Problem{.file = path.string(), .key = std::string(kPickle)});
  state_dict_ = &find_state_dict();
}

void Checkpoint::refuse(std::string_view tensor, const std::string& what) const {
  throw core::InputError({.file = archive_.path().string(),
                          .key = fmt::format("tensor {}", tensor),
                          .found = what,
                          .next_step = "download the file again; it is damaged, or not a checkpoint of scTab"});
}

const PickleNode& Checkpoint::find_state_dict() const {
  const PickleNode& root = pickle_->root();
  const PickleNode* found = root.kind == Kind::kDict ? root.find("state_dict") : nullptr;
  if (found == nullptr || (found->kind != Kind::kDict && found->kind != Kind::kCall)) {
    throw core::InputError({.file = archive_.path().string(),
                            .found = "has no state_dict",
                            .expected = "a checkpoint of PyTorch Lightning, as scTab's authors publish it"});
  }
  for (const auto& [name, value] : found->entries) {
    if (name->kind != Kind::kText) refuse("(unnamed)", "is in state_dict");
  }
  return *found;
}

std::vector<std::string> Checkpoint::tensor_names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : state_dict_->entries) names.push_back(name->text);
  return names;
}

std::optional<std::vector<std::int64_t>> Checkpoint::shape(std::string_view name) const {
  const PickleNode* found = state_dict_->find(name);
  if (found == nullptr) return std::nullopt;
  return describe(name, *found).shape;
}

Checkpoint::Description Checkpoint::describe(std::string_view name, const PickleNode& node) const {
  // _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)
  if (!is(node, Kind::kCall, 2) || node.items[0]->text != "torch._utils _rebuild_tensor_v2" ||
      !is(*node.items[1], Kind::kTuple, 4) || node.has_state) {
    refuse(name, "is not a tensor");
  }
  const auto& arguments = node.items[1]->items;
  // ("storage", type, key, device, length)
  const PickleNode* storage = is(*arguments[0], Kind::kPersistent, 1) ? arguments[0]->items[0] : nullptr;
  if (storage == nullptr || !is(*storage, Kind::kTuple, 5) || storage->items[2]->kind != Kind::kText ||
      storage->items[4]->kind != Kind::kInteger || arguments[1]->kind != Kind::kInteger) {
    refuse(name, "does not say where its numbers lie");
  }
  const PickleNode& type = *storage->items[1];
  const auto known = std::ranges::find(kStorageTypes, std::string_view(type.text), &StorageType::name);
  if (type.kind != Kind::kGlobal || known == kStorageTypes.end()) {
    refuse(name, fmt::format("has numbers of the unknown type {:?}", type.text));
  }
  const auto shape = sizes(*arguments[2]), strides = sizes(*arguments[3]);
  if (!shape || !strides || shape->size() != strides->size() || shape->size() > kMaxDimensions) {
    refuse(name, "has no shape");
  }

  Description description{
      known->type, storage->items[2]->text, storage->items[4]->integer, arguments[1]->integer, *shape, *strides};
  // The last number must lie in the storage, and there must not be more of them than the storage has.
  std::int64_t last = description.offset, n = 1;
  bool fits = description.offset >= 0 && description.storage_length >= 0;
  for (std::size_t i = 0; fits && i < shape->size(); ++i) {
    std::int64_t step = 0;
    const std::int64_t length = (*shape)[i];
    fits = !__builtin_mul_overflow(std::max<std::int64_t>(length - 1, 0), (*strides)[i], &step) &&
           !__builtin_add_overflow(last, step, &last) && !__builtin_mul_overflow(n, length, &n);
  }
  if (!fits || n < 1 || n > description.storage_length || last >= description.storage_length) {
    refuse(name, fmt::format("has shape [{}], which its storage of {} numbers does not hold", fmt::join(*shape, ", "),
                             description.storage_length));
  }
  return description;
}

std::vector<std::byte> Checkpoint::read_storage(std::string_view name, const Description& description) const {
  const std::string entry = folder_ + "data/" + description.storage;
  const std::uint64_t n_bytes = archive_.entry(entry).n_bytes, width = formats::width(description.type);
  if (n_bytes % width != 0 || n_bytes / width != static_cast<std::uint64_t>(description.storage_length)) {
    refuse(name, fmt::format("has a storage of {} bytes instead of {} numbers of {} bytes", n_bytes,
                             description.storage_length, width));
  }
  std::vector<std::byte> storage(n_bytes);
  archive_.read(entry, storage);
  return storage;
}

// Entries of a zip may lie over one another, and a small file would fill any memory.
void Checkpoint::require_within_file(std::string_view prefix) const {
  std::uint64_t left = std::filesystem::file_size(archive_.path());
  std::set<std::pair<std::string, NumberType>> seen;
  for (const auto& [key, value] : state_dict_->entries) {
    if (!key->text.starts_with(prefix)) continue;
    const Description description = describe(key->text, *value);
    if (!seen.emplace(description.storage, description.type).second) continue;
    const std::uint64_t n_bytes = archive_.entry(folder_ + "data/" + description.storage).n_bytes;
    if (n_bytes > left) refuse(key->text, "has a storage that, with those before it, is larger than the file");
    left -= n_bytes;
  }
}

std::vector<CheckpointTensor> Checkpoint::read(std::string_view prefix) const {
  require_within_file(prefix);
  std::map<std::pair<std::string, NumberType>, std::shared_ptr<std::vector<std::byte>>> storages;
  std::vector<CheckpointTensor> tensors;
  for (const auto& [key, value] : state_dict_->entries) {
    const std::string_view name = key->text;
    if (!name.starts_with(prefix)) continue;
    const Description description = describe(name, *value);
    auto& storage = storages[{description.storage, description.type}];
    if (!storage) storage = std::make_shared<std::vector<std::byte>>(read_storage(name, description));
    if (storage->size() / formats::width(description.type) != static_cast<std::uint64_t>(description.storage_length)) {
      refuse(name, "shares a storage that has another length");
    }
    tensors.push_back({.name = std::string(name.substr(prefix.size())),
                       .type = description.type,
                       .shape = description.shape,
                       .strides = description.strides,
                       .offset = description.offset,
                       .storage = storage});
  }
  return tensors;
}

std::optional<std::int64_t> Checkpoint::integer(std::string_view key) const {
  const PickleNode* found = pickle_->root().find(key);
  if (found == nullptr || found->kind != Kind::kInteger) return std::nullopt;
  return found->integer;
}

const PickleNode* Checkpoint::hyper_parameter(std::string_view key) const {
  const PickleNode* all = pickle_->root().find("hyper_parameters");
  return all == nullptr ? nullptr : all->find(key);
}

}  // namespace sctab::torch_checkpoint
