#include <array>
#include <memory>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/formats/streams/file_stream.hpp"
#include "sctab/formats/streams/gzip_stream.hpp"
#include "sctab/formats/streams/line_reader.hpp"

namespace sctab::fuzz {

/// Unpacks to the end: by lines, or where the first byte says so, in pieces. Deflate makes 1,000 bytes of one, so that
/// this ends.
void fuzz_gzip_stream(Bytes bytes) {
  if (bytes.empty()) return;
  const MemoryFile file(bytes.subspan(1));
  streams::GzipStream stream(std::make_unique<streams::FileStream>(file.path()));
  if (bytes[0] % 2 == 0) {
    std::array<std::byte, 1000> piece{};
    while (stream.read(piece) == piece.size()) continue;
    return;
  }
  streams::LineReader lines(stream, {.expected = "a text", .most_bytes = 10'000});
  for (std::string_view line; lines.next(line);) continue;
}

}  // namespace sctab::fuzz
