#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace sctab::tests {

/// One header of a tar archive as ustar has it, and its content, to the next block.
inline std::string tar_member(std::string_view name, std::string_view content, char type = '0',
                              std::string_view size = {}) {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { header.replace(at, text.size(), text); };
  put(0, name.substr(0, 100));
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, size.empty() ? fmt::format("{:011o}", content.size()) : std::string(size));
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(257, std::string_view("ustar\0"
                            "00",
                            8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  std::string member = header + std::string(content);
  member.resize((member.size() + 511) / 512 * 512, '\0');
  return member;
}

/// What ends an archive.
inline std::string tar_end() {
  return std::string(1024, '\0');
}

/// A record of a pax header: "LENGTH KEY=VALUE\n".
inline std::string pax_record(std::string_view key, std::string_view value) {
  const std::string rest = fmt::format(" {}={}\n", key, value);
  std::size_t length = rest.size() + 1;
  while (fmt::format("{}{}", length, rest).size() != length) ++length;
  return fmt::format("{}{}", length, rest);
}

}  // namespace sctab::tests
