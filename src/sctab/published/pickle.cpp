#include "sctab/published/pickle.hpp"

#include <fmt/format.h>

#include <bit>
#include <unordered_map>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/published/byte_cursor.hpp"

namespace sctab::published {
namespace {

using Kind = PickleNode::Kind;

constexpr std::uint8_t kProtocolRead = 2;

/// One byte each, as Python's pickletools names them.
enum class Operation : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kBinfloat = 'G',
  kBinint = 'J',
  kBinint1 = 'K',
  kBinint2 = 'M',
  kNone = 'N',
  kBinpersid = 'Q',
  kReduce = 'R',
  kBinunicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinget = 'h',
  kLongBinget = 'j',
  kBinput = 'q',
  kLongBinput = 'r',
  kSetitem = 's',
  kTuple = 't',
  kSetitems = 'u',
  kEmptyDict = '}',
  kEmptyTuple = ')',
  kProto = 0x80,
  kNewobj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewtrue = 0x88,
  kNewfalse = 0x89,
  kLong1 = 0x8a,
  kLong4 = 0x8b,
};

/// Runs a pickle's operations on a stack of nodes.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, core::Problem place, std::deque<PickleNode>& nodes)
      : cursor_(bytes, std::move(place)), nodes_(nodes) {}

  const PickleNode* run() {
    while (true) {
      start_ = cursor_.position();
      const auto operation = Operation{cursor_.number<std::uint8_t>()};
      if (operation == Operation::kStop) return pop();
      if (!push_plain(operation) && !push_grouped(operation) && !fill(operation) && !remember(operation)) {
        damaged(fmt::format("operation 0x{:02x}, which torch.save() does not write", static_cast<unsigned>(operation)));
      }
    }
  }

 private:
  [[noreturn]] void damaged(const std::string& found) const {
    core::Problem problem = cursor_.place();
    problem.found = fmt::format("byte {}: {}", start_, found);
    problem.expected = "a pickle as torch.save() writes it";
    problem.next_step = "download the file again; it may be damaged";
    throw core::InputError(std::move(problem));
  }

  PickleNode& push(Kind kind) {
    PickleNode& node = nodes_.emplace_back();
    node.kind = kind;
    stack_.push_back(&node);
    return node;
  }

  PickleNode* pop() {
    if (stack_.size() <= floor()) damaged("takes from an empty stack");
    PickleNode* node = stack_.back();
    stack_.pop_back();
    return node;
  }

  PickleNode& top() {
    if (stack_.size() <= floor()) damaged("takes from an empty stack");
    return *stack_.back();
  }

  /// Below it lies what was there before the last mark.
  [[nodiscard]] std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  std::vector<const PickleNode*> pop_to_mark() {
    if (marks_.empty()) damaged("has no mark to go back to");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleNode*> nodes(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return nodes;
  }

  void push_integer(std::int64_t value) { push(Kind::kInteger).integer = value; }

  /// Two's complement, little-endian.
  void push_long(std::uint64_t n_bytes) {
    const auto bytes = cursor_.take(n_bytes);
    if (bytes.size() > sizeof(std::int64_t)) {
      push(Kind::kNone);
      return;
    }
    const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value &= ~(std::uint64_t{0xFF} << (8 * i));
      value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    }
    push_integer(static_cast<std::int64_t>(value));
  }

  void push_real() {
    std::uint64_t bits = 0;
    for (const std::byte byte : cursor_.take(sizeof(bits))) bits = bits << 8 | static_cast<std::uint64_t>(byte);
    push(Kind::kReal).real = std::bit_cast<double>(bits);
  }

  void push_global() {
    const std::string_view module = cursor_.line(), name = cursor_.line();
    push(Kind::kGlobal).text = fmt::format("{} {}", module, name);
  }

  /// Values that stand in the pickle themselves.
  bool push_plain(Operation operation) {
    switch (operation) {
      case Operation::kNone:
        push(Kind::kNone);
        return true;
      case Operation::kNewtrue:
        push(Kind::kBool).integer = 1;
        return true;
      case Operation::kNewfalse:
        push(Kind::kBool).integer = 0;
        return true;
      case Operation::kBinint:
        push_integer(static_cast<std::int32_t>(cursor_.number<std::uint32_t>()));
        return true;
      case Operation::kBinint1:
        push_integer(cursor_.number<std::uint8_t>());
        return true;
      case Operation::kBinint2:
        push_integer(cursor_.number<std::uint16_t>());
        return true;
      case Operation::kLong1:
        push_long(cursor_.number<std::uint8_t>());
        return true;
      case Operation::kLong4:
        push_long(cursor_.number<std::uint32_t>());
        return true;
      case Operation::kBinfloat:
        push_real();
        return true;
      case Operation::kBinunicode: {
        const auto n_bytes = cursor_.number<std::uint32_t>();
        push(Kind::kText).text = cursor_.text(n_bytes);
        return true;
      }
      case Operation::kGlobal:
        push_global();
        return true;
      case Operation::kEmptyTuple:
        push(Kind::kTuple);
        return true;
      case Operation::kEmptyList:
        push(Kind::kList);
        return true;
      case Operation::kEmptyDict:
        push(Kind::kDict);
        return true;
      default:
        return false;
    }
  }

  void push_of_last(Kind kind, std::size_t n) {
    std::vector<const PickleNode*> items(n);
    for (std::size_t i = n; i > 0; --i) items[i - 1] = pop();
    push(kind).items = std::move(items);
  }

  /// Values made of those on the stack.
  bool push_grouped(Operation operation) {
    switch (operation) {
      case Operation::kTuple: {
        auto items = pop_to_mark();
        push(Kind::kTuple).items = std::move(items);
        return true;
      }
      case Operation::kTuple1:
        push_of_last(Kind::kTuple, 1);
        return true;
      case Operation::kTuple2:
        push_of_last(Kind::kTuple, 2);
        return true;
      case Operation::kTuple3:
        push_of_last(Kind::kTuple, 3);
        return true;
      case Operation::kReduce:
      case Operation::kNewobj:
        push_of_last(Kind::kCall, 2);
        return true;
      case Operation::kBinpersid:
        push_of_last(Kind::kPersistent, 1);
        return true;
      default:
        return false;
    }
  }

  PickleNode& container(Kind kind) {
    PickleNode& node = top();
    if (node.kind != kind && node.kind != Kind::kCall) damaged("puts items into a value that holds none");
    return node;
  }

  void append(const std::vector<const PickleNode*>& values) {
    PickleNode& list = container(Kind::kList);
    list.items.insert(list.items.end(), values.begin(), values.end());
  }

  void set_items(const std::vector<const PickleNode*>& keys_and_values) {
    if (keys_and_values.size() % 2 != 0) damaged("sets a key without a value");
    PickleNode& dict = container(Kind::kDict);
    for (std::size_t i = 0; i < keys_and_values.size(); i += 2) {
      dict.entries.emplace_back(keys_and_values[i], keys_and_values[i + 1]);
    }
  }

  /// Changes to what lies on the stack.
  bool fill(Operation operation) {
    switch (operation) {
      case Operation::kAppend:
        append({pop()});
        return true;
      case Operation::kAppends:
        append(pop_to_mark());
        return true;
      case Operation::kSetitem: {
        const PickleNode* value = pop();
        const PickleNode* key = pop();
        set_items({key, value});
        return true;
      }
      case Operation::kSetitems:
        set_items(pop_to_mark());
        return true;
      case Operation::kBuild:
        pop();
        top().has_state = true;
        return true;
      case Operation::kMark:
        marks_.push_back(stack_.size());
        return true;
      case Operation::kPop:
        pop();
        return true;
      case Operation::kPopMark:
        pop_to_mark();
        return true;
      default:
        return false;
    }
  }

  void recall(std::uint32_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) damaged(fmt::format("recalls value {}, which was never stored", slot));
    stack_.push_back(found->second);
  }

  /// The pickle's own references, and its protocol.
  bool remember(Operation operation) {
    switch (operation) {
      case Operation::kBinput:
        memo_[cursor_.number<std::uint8_t>()] = &top();
        return true;
      case Operation::kLongBinput:
        memo_[cursor_.number<std::uint32_t>()] = &top();
        return true;
      case Operation::kBinget:
        recall(cursor_.number<std::uint8_t>());
        return true;
      case Operation::kLongBinget:
        recall(cursor_.number<std::uint32_t>());
        return true;
      case Operation::kProto: {
        const auto protocol = cursor_.number<std::uint8_t>();
        if (protocol != kProtocolRead) damaged(fmt::format("protocol {} instead of {}", protocol, kProtocolRead));
        return true;
      }
      default:
        return false;
    }
  }

  ByteCursor cursor_;
  std::deque<PickleNode>& nodes_;
  std::size_t start_ = 0;  // of the operation
  std::vector<PickleNode*> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, PickleNode*> memo_;
};

}  // namespace

const PickleNode* PickleNode::find(std::string_view key) const {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->first->kind == Kind::kText && entry->first->text == key) return entry->second;
  }
  return nullptr;
}

Pickle::Pickle(std::span<const std::byte> bytes, core::Problem place)
    : root_(Machine(bytes, std::move(place), nodes_).run()) {}

}  // namespace sctab::published
