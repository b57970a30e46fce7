#include "sctab/formats/torch_checkpoint/pickle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/formats/byte_cursor.hpp"

namespace sctab::torch_checkpoint {
namespace {

using Kind = PickleNode::Kind;

constexpr std::uint8_t kProtocolRead = 2;

/// The stack of nodes that a pickle's operations work on.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, core::Problem place, std::deque<PickleNode>& nodes)
      : cursor_(bytes, std::move(place)), nodes_(nodes) {}

  const PickleNode* run();

  PickleNode& push(Kind kind) {
    constexpr std::size_t kMostNodes = 1'000'000;  // some hundred bytes each, of one in the file
    if (nodes_.size() == kMostNodes) damaged(fmt::format("has more than {} values", kMostNodes));
    PickleNode& node = nodes_.emplace_back();
    node.kind = kind;
    stack_.push_back(&node);
    return node;
  }

  PickleNode* pop() {
    PickleNode* node = &top();
    stack_.pop_back();
    return node;
  }

  PickleNode& top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) damaged("takes from an empty stack");
    return *stack_.back();
  }

  void mark() { marks_.push_back(stack_.size()); }

  std::vector<const PickleNode*> pop_to_mark() {
    if (marks_.empty()) damaged("has no mark to go back to");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleNode*> nodes(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return nodes;
  }

  std::vector<const PickleNode*> pop_last(std::size_t n) {
    std::vector<const PickleNode*> items(n);
    for (std::size_t i = n; i > 0; --i) items[i - 1] = pop();
    return items;
  }

  void push_group(Kind kind, std::vector<const PickleNode*> items) { push(kind).items = std::move(items); }

  void push_integer(std::int64_t value, Kind kind = Kind::kInteger) { push(kind).integer = value; }

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

  void push_text() {
    const auto n_bytes = number<std::uint32_t>();
    push(Kind::kText).text = cursor_.text(n_bytes);
  }

  void push_global() {
    const std::string_view module = cursor_.line(), name = cursor_.line();
    push(Kind::kGlobal).text = fmt::format("{} {}", module, name);
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

  void set_state() {
    pop();
    top().has_state = true;
  }

  void store(std::uint32_t slot) { memo_[slot] = &top(); }

  void recall(std::uint32_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) damaged(fmt::format("recalls value {}, which was never stored", slot));
    stack_.push_back(found->second);
  }

  void require_protocol(std::uint8_t protocol) const {
    if (protocol != kProtocolRead) damaged(fmt::format("protocol {} instead of {}", protocol, kProtocolRead));
  }

  template <typename T>
  T number() {
    return cursor_.number<T>();
  }

 private:
  [[noreturn]] void damaged(const std::string& found) const {
    core::Problem problem = cursor_.place();
    problem.found = fmt::format("byte {}: {}", start_, found);
    problem.expected = "a pickle as torch.save() writes it";
    problem.next_step = "download the file again; it may be damaged";
    throw core::InputError(std::move(problem));
  }

  PickleNode& container(Kind kind) {
    PickleNode& node = top();
    if (node.kind != kind && node.kind != Kind::kCall) damaged("puts items into a value that holds none");
    return node;
  }

  formats::ByteCursor cursor_;
  std::deque<PickleNode>& nodes_;
  std::size_t start_ = 0;  // of the operation
  std::vector<PickleNode*> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, PickleNode*> memo_;
};

struct Operation {
  std::uint8_t code;  // with the name that Python's pickletools gives it
  void (*run)(Machine& m);
};
constexpr std::uint8_t kStop = '.';
constexpr Operation kOperations[] = {
    // Values that are in the pickle itself.
    {'N' /* NONE */, [](Machine& m) { m.push(Kind::kNone); }},
    {0x88 /* NEWTRUE */, [](Machine& m) { m.push_integer(1, Kind::kBool); }},
    {0x89 /* NEWFALSE */, [](Machine& m) { m.push_integer(0, Kind::kBool); }},
    {'J' /* BININT */, [](Machine& m) { m.push_integer(static_cast<std::int32_t>(m.number<std::uint32_t>())); }},
    {'K' /* BININT1 */, [](Machine& m) { m.push_integer(m.number<std::uint8_t>()); }},
    {'M' /* BININT2 */, [](Machine& m) { m.push_integer(m.number<std::uint16_t>()); }},
    {0x8a /* LONG1 */, [](Machine& m) { m.push_long(m.number<std::uint8_t>()); }},
    {0x8b /* LONG4 */, [](Machine& m) { m.push_long(m.number<std::uint32_t>()); }},
    {'G' /* BINFLOAT */, [](Machine& m) { m.push_real(); }},
    {'X' /* BINUNICODE */, [](Machine& m) { m.push_text(); }},
    {'c' /* GLOBAL */, [](Machine& m) { m.push_global(); }},
    {')' /* EMPTY_TUPLE */, [](Machine& m) { m.push(Kind::kTuple); }},
    {']' /* EMPTY_LIST */, [](Machine& m) { m.push(Kind::kList); }},
    {'}' /* EMPTY_DICT */, [](Machine& m) { m.push(Kind::kDict); }},
    // Values made of those on the stack.
    {'t' /* TUPLE */, [](Machine& m) { m.push_group(Kind::kTuple, m.pop_to_mark()); }},
    {0x85 /* TUPLE1 */, [](Machine& m) { m.push_group(Kind::kTuple, m.pop_last(1)); }},
    {0x86 /* TUPLE2 */, [](Machine& m) { m.push_group(Kind::kTuple, m.pop_last(2)); }},
    {0x87 /* TUPLE3 */, [](Machine& m) { m.push_group(Kind::kTuple, m.pop_last(3)); }},
    {'R' /* REDUCE */, [](Machine& m) { m.push_group(Kind::kCall, m.pop_last(2)); }},
    {0x81 /* NEWOBJ */, [](Machine& m) { m.push_group(Kind::kCall, m.pop_last(2)); }},
    {'Q' /* BINPERSID */, [](Machine& m) { m.push_group(Kind::kPersistent, m.pop_last(1)); }},
    // Changes to what lies on the stack.
    {'a' /* APPEND */, [](Machine& m) { m.append(m.pop_last(1)); }},
    {'e' /* APPENDS */, [](Machine& m) { m.append(m.pop_to_mark()); }},
    {'s' /* SETITEM */, [](Machine& m) { m.set_items(m.pop_last(2)); }},
    {'u' /* SETITEMS */, [](Machine& m) { m.set_items(m.pop_to_mark()); }},
    {'b' /* BUILD */, [](Machine& m) { m.set_state(); }},
    {'(' /* MARK */, [](Machine& m) { m.mark(); }},
    {'0' /* POP */, [](Machine& m) { m.pop(); }},
    {'1' /* POP_MARK */, [](Machine& m) { m.pop_to_mark(); }},
    // The pickle's own references, and its protocol.
    {'q' /* BINPUT */, [](Machine& m) { m.store(m.number<std::uint8_t>()); }},
    {'r' /* LONG_BINPUT */, [](Machine& m) { m.store(m.number<std::uint32_t>()); }},
    {'h' /* BINGET */, [](Machine& m) { m.recall(m.number<std::uint8_t>()); }},
    {'j' /* LONG_BINGET */, [](Machine& m) { m.recall(m.number<std::uint32_t>()); }},
    {0x80 /* PROTO */, [](Machine& m) { m.require_protocol(m.number<std::uint8_t>()); }},
};

const PickleNode* Machine::run() {
  while (true) {
    start_ = cursor_.position();
    const auto code = number<std::uint8_t>();
    if (code == kStop) return pop();
    const auto* const operation = std::ranges::find(kOperations, code, &Operation::code);
    if (operation == std::end(kOperations)) {
      damaged(fmt::format("operation 0x{:02x}, which torch.save() does not write", code));
    }
    operation->run(*this);
  }
}

}  // namespace

const PickleNode* PickleNode::find(std::string_view key) const {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->first->kind == Kind::kText && entry->first->text == key) return entry->second;
  }
  return nullptr;
}

Pickle::Pickle(std::span<const std::byte> bytes, core::Problem place)
    : root_(Machine(bytes, std::move(place), nodes_).run()) {}

}  // namespace sctab::torch_checkpoint
