#include "sctab/core/memory_budget.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

namespace fs = std::filesystem;

/// The budget of a test, for as long as this lives.
struct Budget {
  explicit Budget(std::int64_t bytes) { set_memory_budget(bytes); }
  ~Budget() { set_memory_budget(0); }
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;
};

class MemoryLimit : public testing::Test {
 protected:
  void write(const fs::path& name, const std::string& text) const {
    fs::create_directories((folder_ / name.string()).parent_path());
    std::ofstream(folder_ / name.string()) << text;
  }
  [[nodiscard]] std::int64_t limit() const { return memory_limit(folder_.path(), folder_ / "groups"); }

  tests::TemporaryFolder folder_;
};

TEST_F(MemoryLimit, IsThatOfTheMachineWithoutGroups) {
  const std::int64_t machine = limit();
  EXPECT_GT(machine, 100'000'000);
  write("groups", "0::/a\n");
  write("a/memory.max", "max\n");
  EXPECT_EQ(limit(), machine);
  write("a/memory.max", "9000000000000000000\n");
  EXPECT_EQ(limit(), machine);
}

TEST_F(MemoryLimit, IsTheLeastOfTheGroupsAbove) {
  write("groups", "1:name=systemd:/x\n0::/a/b\n");
  write("a/b/memory.max", "90000000\n");
  EXPECT_EQ(limit(), 90'000'000);
  write("a/memory.max", "80000000\n");
  EXPECT_EQ(limit(), 80'000'000);
  write("memory.max", "70000000\n");
  EXPECT_EQ(limit(), 70'000'000);
  write("memory.max", "damaged");
  EXPECT_EQ(limit(), 80'000'000);
}

TEST_F(MemoryLimit, KnowsGroupsOfTheFirstVersion) {
  write("groups", "12:pids:/a\n4:cpu,memory:/a/b\n1:name=systemd:/x\n");
  write("memory/a/memory.limit_in_bytes", "60000000\n");
  write("pids/a/memory.limit_in_bytes", "10000000\n");
  EXPECT_EQ(limit(), 60'000'000);
  write("groups", "4:cpu,memory_of_another:/a/b\nno group\n:\n");
  EXPECT_GT(limit(), 100'000'000);
}

TEST_F(MemoryLimit, IsThatOfUlimit) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take terabytes of addresses";
#endif
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(resource, &before), 0);
    const std::int64_t expected = std::min<std::int64_t>(limit(), 3'000'000'000);
    rlimit lower = before;
    lower.rlim_cur = 3'000'000'000;
    ASSERT_EQ(::setrlimit(resource, &lower), 0);
    EXPECT_EQ(limit(), expected);
    EXPECT_EQ(::setrlimit(resource, &before), 0);
  }
}

TEST(MemoryBudget, IsHalfOfTheLimitUnlessItIsSet) {
  EXPECT_EQ(memory_budget(), memory_limit("/sys/fs/cgroup", "/proc/self/cgroup") / 2);
  const Budget budget(5'000'000);
  EXPECT_EQ(memory_budget(), 5'000'000);
}

TEST(MemoryBudget, RefusesWhatTakesMore) {
  const Budget budget(5'000'000);
  EXPECT_NO_THROW(require_memory(5'000'000, 1, {}));
  EXPECT_NO_THROW(require_memory(0, std::numeric_limits<std::int64_t>::max(), {}));
  SCTAB_EXPECT_THROW_WITH(require_memory(1'250'001, 4, {.file = "a.h5ad", .found = "has 1,250,001 cells"}), InputError,
                          "a.h5ad: has 1,250,001 cells, which take 5.0 MB of memory; expected at most 5.0 MB; ",
                          "--memory");
  SCTAB_EXPECT_THROW_WITH(require_memory(std::int64_t{1} << 40, std::int64_t{1} << 40, {.next_step = "lower it"}),
                          InputError, "takes 9223372.0 TB of memory", "lower it");
}

}  // namespace
}  // namespace sctab::core
