#include "fuzz/harnesses.hpp"
#include "sctab/formats/ubjson/ubjson.hpp"

namespace sctab::fuzz {

/// The first byte gives what is asked for: anything, numbers, or an object of numbers.
void fuzz_ubjson(Bytes bytes) {
  if (bytes.empty()) return;
  ubjson::Reader reader(bytes.subspan(1), {.file = "trees.ubj"});
  switch (bytes[0] % 4) {
    case 0:
      reader.skip();
      break;
    case 1:
      (void)reader.numbers<float>();
      break;
    case 2:
      (void)reader.numbers<std::int32_t>();
      break;
    default:
      reader.object([&reader](std::string_view) { reader.array([&reader](std::size_t) { (void)reader.text(); }); });
  }
  reader.expect_end();
}

}  // namespace sctab::fuzz
