#include "sctab/core/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::core {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  SCTAB_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

Sha256& Sha256::add(std::span<const std::byte> bytes) {
  SCTAB_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  SCTAB_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const FileDescriptor file = open_input(path);
  const std::int64_t size = identity_of(file, path).bytes;
  Sha256 hash;
  std::vector<std::byte> buffer(1U << 20U);
  for (std::int64_t done = 0; done < size;) {
    check_interrupt();
    const auto piece = std::span(buffer).first(std::min(buffer.size(), static_cast<std::size_t>(size - done)));
    if (read_at(file.get(), done, piece) != 0) {
      throw InputError({.file = path.string(), .found = "cannot be read to its end"});
    }
    hash.add(piece);
    done += std::ssize(piece);
  }
  return hash.hex();
}

}  // namespace sctab::core
