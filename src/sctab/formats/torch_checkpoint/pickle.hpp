#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::torch_checkpoint {

/// What a pickle describes, as inert data. A class or function that the pickle names stays its name, and a call of one
/// stays a record of name and arguments.
struct PickleNode {
  enum class Kind : std::uint8_t {
    kNone,
    kBool,     // integer: 0 or 1
    kInteger,  // one that does not fit 63 bits becomes kNone
    kReal,
    kText,
    kTuple,       // items
    kList,        // items
    kDict,        // entries
    kGlobal,      // text: "torch._utils _rebuild_tensor_v2"
    kCall,        // items: what is called, its arguments; entries and further items: what is put into the result
    kPersistent,  // items: the id of something that lies outside of the pickle
  };
  Kind kind = Kind::kNone;
  bool has_state = false;  // the pickle sets attributes of it, which are not kept
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<const PickleNode*> items;
  std::vector<std::pair<const PickleNode*, const PickleNode*>> entries;

  /// The last value under this text, as a dict has it; nullptr where there is none.
  [[nodiscard]] const PickleNode* find(std::string_view key) const;
};

/// A pickle of protocol 2, which is what torch.save() writes. It reads the operations that describe data and knows no
/// other: nothing is imported, called or executed, for any name in the pickle. Memory is bounded by a multiple of the
/// bytes.
class Pickle {
 public:
  /// place: the file and its entry, for messages. Throws InputError if the pickle is damaged or has an operation that
  /// torch.save() does not write.
  Pickle(std::span<const std::byte> bytes, core::Problem place);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  [[nodiscard]] const PickleNode& root() const { return *root_; }

 private:
  std::deque<PickleNode> nodes_;  // which point to each other, in circles too
  const PickleNode* root_ = nullptr;
};

}  // namespace sctab::torch_checkpoint
