#include "sctab/corpus/obs_collection.hpp"

#include <gtest/gtest.h>

#include "sctab/formats/obs_values.hpp"

#include <map>

#include "sctab/core/rng.hpp"

namespace sctab::corpus {
namespace {

TEST(Donors, AreADatasetAndAKey) {
  DonorGroups groups;
  const std::int32_t a = groups.add("d1", "1", ""), b = groups.add("d2", "1", ""), c = groups.add("d1", "2", "");
  EXPECT_EQ(groups.add("d1", "1", ""), a);
  EXPECT_EQ(groups.add("d1", "", ""), -1);
  Dictionary donors;
  const auto donor = groups.donor_of_nodes(donors);
  EXPECT_EQ(donors.size(), 3);
  const auto name = [&](std::int32_t node) { return donors.text(donor[static_cast<std::size_t>(node)]); };
  EXPECT_EQ(name(a), "d1:1");
  EXPECT_EQ(name(b), "d2:1");
  EXPECT_EQ(name(c), "d1:2");
}

TEST(Donors, AKeyFinerThanThePersonIsJoined) {
  DonorGroups groups;
  const std::int32_t s1 = groups.add("d", "s1", "anna"), s2 = groups.add("d", "s2", "anna");
  const std::int32_t s3 = groups.add("d", "s3", "bert"), none = groups.add("d", "", "anna");
  const std::int32_t other = groups.add("e", "s1", "anna");  // another dataset: another donor
  Dictionary donors;
  const auto donor = groups.donor_of_nodes(donors);
  const auto of = [&](std::int32_t node) { return donor[static_cast<std::size_t>(node)]; };
  EXPECT_EQ(of(s1), of(s2));
  EXPECT_EQ(of(s1), of(none));
  EXPECT_NE(of(s1), of(s3));
  EXPECT_NE(of(s1), of(other));
  EXPECT_EQ(donors.text(of(s1)), "d:s1 and 1 more");
  EXPECT_EQ(donors.text(of(s3)), "d:s3");
}

TEST(Donors, AKeyCoarserThanThePersonHoldsItsPersons) {
  DonorGroups groups;
  const std::int32_t a = groups.add("d", "family", "anna"), b = groups.add("d", "family", "bert");
  EXPECT_EQ(a, b);
  const std::int32_t unkeyed = groups.add("d", "", "bert");
  Dictionary donors;
  const auto donor = groups.donor_of_nodes(donors);
  EXPECT_EQ(donor[static_cast<std::size_t>(a)], donor[static_cast<std::size_t>(unkeyed)]);
  EXPECT_EQ(donors.text(donor[static_cast<std::size_t>(a)]), "d:family");
}

TEST(Donors, NamesWithColonsStayApart) {
  DonorGroups groups;
  const std::int32_t a = groups.add("a:b", "c", ""), b = groups.add("a", "b:c", "");
  EXPECT_NE(a, b);
}

TEST(Donors, KeysAndPersonsNeverSpanDonors) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    core::Rng rng(seed);
    DonorGroups groups;
    std::vector<std::pair<std::string, std::string>> cells;
    std::vector<std::int32_t> nodes;
    for (int i = 0; i < 40; ++i) {
      const std::string key = rng.below(5) == 0 ? "" : "k" + std::to_string(rng.below(25));
      const std::string person = rng.below(5) == 0 ? "" : "p" + std::to_string(rng.below(25));
      cells.emplace_back(key, person);
      nodes.push_back(groups.add("d", key, person));
    }
    Dictionary donors;
    const auto donor_of = groups.donor_of_nodes(donors);
    std::map<std::string, std::int32_t> seen;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (nodes[i] < 0) continue;
      const std::int32_t donor = donor_of[static_cast<std::size_t>(nodes[i])];
      for (const std::string& name : {cells[i].first, cells[i].second}) {
        if (name.empty()) continue;
        EXPECT_EQ(seen.emplace(name, donor).first->second, donor) << name;
      }
    }
  }
}

TEST(Donors, MissingValuesInAnyCase) {
  for (const char* text : {"", "unknown", "Unknown", "na", "NA", "nan", "NaN", "n/a", "None", " ", "\t", " unknown "}) {
    EXPECT_TRUE(formats::is_missing(text)) << text;
    EXPECT_TRUE(is_no_donor(text)) << text;
  }
  EXPECT_FALSE(formats::is_missing("Nathan"));
  EXPECT_FALSE(formats::is_missing("pooled"));
  EXPECT_TRUE(is_no_donor("pooled"));
}

}  // namespace
}  // namespace sctab::corpus
