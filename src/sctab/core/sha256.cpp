#include "sctab/core/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "sctab/core/error.hpp"
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
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file)
    throw InputError({.file = path.string(), .found = fmt::format("cannot be read: {}", std::strerror(errno))});
  Sha256 hash;
  std::vector<std::byte> buffer(1U << 20U);
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    check_interrupt();
    hash.add(std::span(buffer).first(n));
  }
  if (std::ferror(file.get()) != 0) throw InputError({.file = path.string(), .found = "cannot be read to its end"});
  return hash.hex();
}

}  // namespace sctab::core
