#include "formats/h5ad/structure_files.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/hdf5/structure/lookup3.hpp"

namespace sctab::h5ad::tests {
namespace {

std::uint32_t checksum_of(const std::string& file, const SignedStructure& structure) {
  return hdf5::structure::lookup3(std::as_bytes(std::span(file).subspan(structure.begin, structure.n_bytes)));
}

}  // namespace

const std::filesystem::path& structure_folder() {
  static const sctab::tests::TemporaryFolder folder;
  static const sctab::tests::PythonResult made =
      sctab::tests::run_python("formats/h5ad/structure_files.py", folder.path().string());
  EXPECT_EQ(made.status, 0) << made.output;
  return folder.path();
}

void read_everything(const std::filesystem::path& path) {
  const File file(path);
  (void)file.obs_names();
  for (const auto& column : file.obs_columns()) (void)file.obs_as_text(column);
  (void)file.uns_text("title");
  for (const auto& matrix : file.matrices()) {
    (void)file.summarise_values(matrix.path);
    (void)file.gene_names(matrix.path);
    const auto rows = file.read_rows(matrix.path);
    sparse::CsrMatrix block;
    while (rows->next(50, block)) {
    }
  }
}

std::vector<SignedStructure> signed_structures(const std::string& file) {
  constexpr std::array<std::string_view, 14> kSignatures = {"OHDR", "OCHK", "BTHD", "BTIN", "BTLF", "FRHP", "FHIB",
                                                            "FSHD", "FSSE", "EAHD", "EAIB", "EADB", "FAHD", "FADB"};
  constexpr std::size_t kMostBytes = 2048;  // of small files' structures
  std::vector<SignedStructure> found;
  for (const std::string_view signature : kSignatures) {
    for (std::size_t at = file.find(signature); at != std::string::npos; at = file.find(signature, at + 1)) {
      for (SignedStructure structure{at, 8}; structure.n_bytes <= kMostBytes; ++structure.n_bytes) {
        if (at + structure.n_bytes + 4 > file.size()) break;
        std::uint32_t stored = 0;
        std::memcpy(&stored, file.data() + at + structure.n_bytes, sizeof(stored));
        if (stored != checksum_of(file, structure)) continue;
        found.push_back(structure);
        break;
      }
    }
  }
  return found;
}

std::string mutate(const std::string& file, const std::vector<SignedStructure>& structures, core::Rng& rng) {
  constexpr std::size_t kMostBytes = 64;
  std::string damaged = file;
  const SignedStructure* hit = nullptr;
  std::size_t at = rng.below(file.size());
  if (!structures.empty() && rng.below(4) > 0) {  // most of a file is guarded by nothing
    hit = &structures[rng.below(structures.size())];
    at = hit->begin + rng.below(hit->n_bytes);
  }
  const std::size_t room = hit != nullptr ? hit->begin + hit->n_bytes - at : file.size() - at;
  const std::size_t n = std::min(room, 1 + rng.below(kMostBytes));
  switch (rng.below(5)) {
    case 0:
      damaged[at] = static_cast<char>(rng.below(256));
      break;
    case 1:
      damaged[at] = static_cast<char>(damaged[at] ^ (1U << rng.below(8)));
      break;
    case 2:
      std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), n, '\0');
      break;
    case 3:
      std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(8, n), '\xff');
      break;
    default:
      file.copy(damaged.data() + at, n, rng.below(file.size() - n));
  }
  if (hit != nullptr) {
    const std::uint32_t checksum = checksum_of(damaged, *hit);
    std::memcpy(damaged.data() + hit->begin + hit->n_bytes, &checksum, sizeof(checksum));
  }
  return damaged;
}

std::string fate_of(std::size_t n_steps, unsigned seconds, const std::function<void(std::size_t step)>& work) {
  void* const shared = ::mmap(nullptr, sizeof(std::size_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return "no memory";
  auto* const step = static_cast<volatile std::size_t*>(shared);
  const bool had_failed = testing::Test::HasFailure();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(seconds);
    for (std::size_t i = 0; i < n_steps; ++i) {
      *step = i;
      work(i);
    }
    ::_exit(testing::Test::HasFailure() && !had_failed ? 1 : 0);
  }
  int status = -1;
  (void)::waitpid(child, &status, 0);
  const std::size_t last = *step;
  (void)::munmap(shared, sizeof(std::size_t));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status)) return "a step failed";
  return fmt::format("signal {} in step {}", WTERMSIG(status), last);
}

}  // namespace sctab::h5ad::tests
