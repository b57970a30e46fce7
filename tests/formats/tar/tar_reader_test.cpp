#include "sctab/formats/tar/tar_reader.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"
#include "support/gzip_bytes.hpp"
#include "support/python.hpp"
#include "support/tar_bytes.hpp"

namespace sctab::tar {
namespace {

using sctab::tests::pax_record;
using sctab::tests::tar_end;
using sctab::tests::tar_member;

struct Unpacked {
  std::string name, content;
  bool is_file = false;
  bool operator==(const Unpacked&) const = default;
};

std::vector<Unpacked> unpack(const std::filesystem::path& path) {
  Reader reader(streams::open_stream(path));
  std::vector<Unpacked> members;
  while (const auto member = reader.next()) {
    Unpacked& unpacked = members.emplace_back(Unpacked{member->name, {}, member->is_file});
    std::array<std::byte, 100> piece{};
    while (const std::size_t n = reader.read(piece)) {
      unpacked.content.append(reinterpret_cast<const char*>(piece.data()), n);
    }
  }
  return members;
}

class TarReader : public testing::Test {
 protected:
  std::vector<Unpacked> unpack_bytes(const std::string& bytes) {
    sctab::tests::write_bytes(folder_ / "a.tar", bytes);
    return unpack(folder_ / "a.tar");
  }
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(TarReader, GivesMembersInOrder) {
  const std::string large(1500, 'x');
  const std::vector<Unpacked> want = {{"a", "1", true}, {"b/", "", false}, {"b/c", large, true}, {"empty", "", true}};
  const std::string bytes =
      tar_member("a", "1") + tar_member("b/", "", '5') + tar_member("b/c", large) + tar_member("empty", "") + tar_end();
  EXPECT_EQ(unpack_bytes(bytes), want);
  EXPECT_EQ(unpack_bytes(sctab::tests::gzip_bytes(bytes)), want);
}

TEST_F(TarReader, SkipsWhatIsNotRead) {
  sctab::tests::write_bytes(folder_ / "a.tar",
                            tar_member("a", std::string(700, 'x')) + tar_member("b", "2") + tar_end());
  Reader reader(streams::open_stream(folder_ / "a.tar"));
  ASSERT_EQ(reader.next()->name, "a");
  std::array<std::byte, 10> piece{};
  EXPECT_EQ(reader.read(piece), 10U);
  EXPECT_EQ(reader.next()->name, "b");
  EXPECT_FALSE(reader.next());
}

TEST_F(TarReader, KnowsLongNamesAndSizesOfGnuAndPax) {
  const std::string name(300, 'n');
  const std::string prefixed = [] {
    std::string member = tar_member("name", "p");
    member.replace(345, 6, "folder");
    return member;
  }();
  EXPECT_EQ(unpack_bytes(tar_member("././@LongLink", name + '\0', 'L') + tar_member("short", "1") + tar_end()),
            (std::vector<Unpacked>{{name, "1", true}}));
  const std::string pax = tar_member("PaxHeader", pax_record("path", name) + pax_record("size", "3"), 'x');
  EXPECT_EQ(unpack_bytes(pax + tar_member("short", "123", '0', "00000000000") + tar_member("b", "2") + tar_end()),
            (std::vector<Unpacked>{{name, "123", true}, {"b", "2", true}}));
  EXPECT_EQ(unpack_bytes(tar_member("global", pax_record("comment", "x"), 'g') + tar_member("a", "1") + tar_end()),
            (std::vector<Unpacked>{{"a", "1", true}}));
  EXPECT_EQ(unpack_bytes(tar_member("a", "12", '0', std::string("\x80\0\0\0\0\0\0\0\0\0\0\2", 12)) + tar_end()),
            (std::vector<Unpacked>{{"a", "12", true}}));
  // The checksum no longer holds for the prefix: it is counted, too.
  SCTAB_EXPECT_THROW_WITH(unpack_bytes(prefixed + tar_end()), core::InputError, "is damaged");
}

TEST_F(TarReader, GivesLinksAsWhatTheyAre) {
  EXPECT_EQ(unpack_bytes(tar_member("l", "", '2') + tar_member("h", "", '1', "00000000007") + tar_member("a", "1") +
                         tar_end()),
            (std::vector<Unpacked>{{"l", "", false}, {"h", "", false}, {"a", "1", true}}));
}

TEST_F(TarReader, RefusesDamage) {
  const std::string good = tar_member("a", std::string(600, 'x')) + tar_member("b", "2") + tar_end();
  for (std::size_t n = 0; n < good.size() - 1024; n += 64) {
    SCOPED_TRACE(n);
    SCTAB_EXPECT_THROW_WITH(unpack_bytes(good.substr(0, n)), core::InputError, "a.tar", "is cut off", "again");
  }
  std::string changed = good;
  changed[0] = 'z';
  SCTAB_EXPECT_THROW_WITH(unpack_bytes(changed), core::InputError, "is damaged");
  SCTAB_EXPECT_THROW_WITH(unpack_bytes(tar_member("a", "1", '0', "0000000000x") + tar_end()), core::InputError,
                          "is damaged");
  SCTAB_EXPECT_THROW_WITH(unpack_bytes(tar_member("s", "", 'S') + tar_end()), core::InputError, "sparse");
  SCTAB_EXPECT_THROW_WITH(
      unpack_bytes(tar_member("p", pax_record("GNU.sparse.major", "1"), 'x') + tar_member("s", "1") + tar_end()),
      core::InputError, "sparse");
  SCTAB_EXPECT_THROW_WITH(unpack_bytes(tar_member("p", "99 path=x\n", 'x') + tar_member("s", "1") + tar_end()),
                          core::InputError, "pax header");
  SCTAB_EXPECT_THROW_WITH(
      unpack_bytes(tar_member("p", pax_record("size", "-1"), 'x') + tar_member("s", "1") + tar_end()), core::InputError,
      "'-1' bytes");
  SCTAB_EXPECT_THROW_WITH(unpack_bytes(tar_member("L", "", 'L', "77777777777") + tar_end()), core::InputError,
                          "a name of");
  SCTAB_EXPECT_THROW_WITH(
      unpack_bytes(tar_member("a", "", '0', std::string("\x80\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12)) +
                   tar_end()),
      core::InputError, "is damaged");
}

TEST_F(TarReader, ReadsWhatPythonWrites) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const std::string path = (folder_ / "py.tar").string();
  for (const char* format : {"USTAR", "GNU", "PAX"}) {
    SCOPED_TRACE(format);
    const auto made = sctab::tests::run_debian_python(
        fmt::format("-c \"import tarfile, io\nwith tarfile.open('{}', 'w', format=tarfile.{}_FORMAT) as t:\n"
                    " for n, c in (('d' * 90 + '/' + 'n' * 90, b'x' * 1000), ('short', b'y')):\n"
                    "  i = tarfile.TarInfo(n); i.size = len(c); t.addfile(i, io.BytesIO(c))\"",
                    path, format));
    ASSERT_EQ(made.status, 0) << made.output;
    EXPECT_EQ(unpack(path),
              (std::vector<Unpacked>{{std::string(90, 'd') + '/' + std::string(90, 'n'), std::string(1000, 'x'), true},
                                     {"short", "y", true}}));
  }
}

}  // namespace
}  // namespace sctab::tar
