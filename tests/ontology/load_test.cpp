#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/ontology/ontology.hpp"
#include "support/fixtures.hpp"

namespace sctab::ontology {
namespace {

using core::InputError;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kObo = R"(format-version: 1.4
data-version: cl/releases/2030-01-01 ! a comment
default-namespace: cell
! a whole line of comment

[Term]
id: CL:0000000 ! cell
name: cell
is_a: UBERON:0000061 ! anatomical structure

[Typedef]
id: CL:9999999
name: not a term
is_a: CL:0000000

[Term]
id: CL:0000001
name: valve\: "inner" \{cell\}  {xref="PMID:1", source="a \} b"} ! shown
synonym: "says\W\"hi\"! and\t{more}" EXACT ABBREVIATION [GOC:a "x"] {source="y"}
synonym: "wide" BROAD []
alt_id: CL:0000021
alt_id: FMA:1
is_a: CL:0000000 {is_inferred="true"} ! cell
is_a: PR:0000001
relationship: part_of CL:0000002
property_value: foaf:depicted_by "http://a.b/c" xsd:anyURI
def: "continued \
 to the next line: is_a" []

[Term]
id: CL:0000002
name: obsolete thing
is_obsolete: true
replaced_by: CL:0000001
consider: CL:0000000

[Term]
id: GO:0000001
name: another ontology's
is_a: CL:0000000
)";

class LoadTest : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view content, const std::string& name = "cl.obo") {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  Ontology load(std::string_view content) { return Ontology::load(write(content)); }

  sctab::tests::TemporaryFolder folder_;
};

void expect_kObo(const Ontology& ontology) {
  ASSERT_EQ(ontology.size(), 3);
  EXPECT_EQ(ontology.version(), "cl/releases/2030-01-01");
  const Term& valve = ontology.term(1);
  EXPECT_EQ(valve.id, "CL:0000001");
  EXPECT_EQ(valve.name, "valve: \"inner\" {cell}");
  EXPECT_THAT(valve.exact_synonyms, ElementsAre("says \"hi\"! and {more}"));
  EXPECT_THAT(valve.parents, ElementsAre("CL:0000000"));
  EXPECT_THAT(valve.alt_ids, ElementsAre("CL:0000021"));
  EXPECT_FALSE(valve.obsolete);
  EXPECT_TRUE(ontology.term(2).obsolete);
  EXPECT_THAT(ontology.term(2).consider, ElementsAre("CL:0000000"));
  EXPECT_EQ(ontology.resolve("CL:0000002"), std::optional<TermIndex>(1));
  EXPECT_EQ(ontology.resolve("CL:0000021"), std::optional<TermIndex>(1));
  EXPECT_THAT(ontology.parents(1), ElementsAre(0));
  EXPECT_THAT(ontology.report().missing_parents, IsEmpty());
}

TEST_F(LoadTest, ReadsEveryKindOfOboLine) {
  expect_kObo(load(kObo));
}

TEST_F(LoadTest, ReadsWindowsLineEndsAndAByteOrderMark) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : std::string_view(kObo)) text += c == '\n' ? "\r\n" : std::string(1, c);
  expect_kObo(load(text));
}

TEST_F(LoadTest, NamesMayHoldAnyLetters) {
  const std::string name = "γδ T cell, 10 µm – 細胞 \xF0\x9F\x94\xAC";
  EXPECT_EQ(load("[Term]\nid: CL:0000001\nname: " + name + "\n").term(0).name, name);
  // Halves of characters, overlong forms, a surrogate, and beyond Unicode.
  for (const auto* bytes : {"\xCE", "\xB3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\xAF",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x01"}) {
    SCTAB_EXPECT_THROW_WITH(load(std::string("[Term]\nid: CL:0000001\nname: ") + bytes + "\n"), InputError, "line 3",
                            "not UTF-8");
  }
}

TEST_F(LoadTest, OwnJsonRoundTrips) {
  const auto ontology = load(kObo);
  core::write_json(folder_ / "ontology.json", ontology.to_json());
  const auto again = Ontology::load(folder_ / "ontology.json");
  expect_kObo(again);
  EXPECT_EQ(again.to_json(), ontology.to_json());
}

TEST_F(LoadTest, ReadsOboGraphs) {
  const char* graphs = R"({"graphs": [{
    "id": "http://purl.obolibrary.org/obo/cl.json",
    "meta": {"version": "http://purl.obolibrary.org/obo/cl/releases/2030-01-01"},
    "nodes": [
      {"id": "http://purl.obolibrary.org/obo/CL_0000000", "lbl": "cell", "type": "CLASS"},
      {"id": "http://purl.obolibrary.org/obo/CL_0000001", "lbl": "valve: \"inner\" {cell}", "type": "CLASS", "meta": {
        "synonyms": [{"pred": "hasExactSynonym", "val": "says \"hi\"! and {more}"},
                     {"pred": "hasBroadSynonym", "val": "wide"}],
        "basicPropertyValues": [
          {"pred": "http://www.geneontology.org/formats/oboInOwl#hasAlternativeId", "val": "CL:0000021"},
          {"pred": "http://purl.org/dc/terms/contributor", "val": "https://orcid.org/0"}]}},
      {"id": "http://purl.obolibrary.org/obo/CL_0000002", "lbl": "obsolete thing", "type": "CLASS", "meta": {
        "deprecated": true,
        "basicPropertyValues": [
          {"pred": "http://purl.obolibrary.org/obo/IAO_0100001", "val": "http://purl.obolibrary.org/obo/CL_0000001"},
          {"pred": "http://www.geneontology.org/formats/oboInOwl#consider", "val": "CL:0000000"}]}},
      {"id": "http://purl.obolibrary.org/obo/UBERON_0000061", "type": "CLASS"},
      {"id": "http://purl.obolibrary.org/obo/CL_9999999", "lbl": "a property", "type": "PROPERTY"}],
    "edges": [
      {"sub": "http://purl.obolibrary.org/obo/CL_0000001", "pred": "is_a", "obj": "http://purl.obolibrary.org/obo/CL_0000000"},
      {"sub": "http://purl.obolibrary.org/obo/CL_0000001", "pred": "is_a", "obj": "http://purl.obolibrary.org/obo/PR_1"},
      {"sub": "http://purl.obolibrary.org/obo/CL_0000001", "pred": "http://purl.obolibrary.org/obo/BFO_0000050",
       "obj": "http://purl.obolibrary.org/obo/CL_0000002"}]}]})";
  expect_kObo(load(graphs));
}

TEST_F(LoadTest, AModelsPartAnswersAsTheWholeDoes) {
  const auto whole = load(std::string(kObo) + "\n[Term]\nid: CL:0000005\nname: elsewhere\nis_a: CL:0000000\n");
  const auto part = Ontology::from_json(whole.to_json(std::vector<TermIndex>{1}), "part");
  ASSERT_EQ(part.size(), 3) << "the label, its ancestor and the obsolete term it replaces";
  EXPECT_EQ(part.find("CL:0000005"), std::nullopt);
  expect_kObo(part);
}

TEST_F(LoadTest, RefusesMalformedLinesByNumber) {
  const std::string good = "format-version: 1.2\n[Term]\nid: CL:0000001\nname: a\n";
  const auto expect_refused = [&](const std::string& content, const char* line, const char* found) {
    SCTAB_EXPECT_THROW_WITH(load(content), InputError, "cl.obo", line, found, "expected");
  };
  expect_refused(good + "just words\n", "line 5:", "just words");
  expect_refused(good + "two words: x\n", "line 5:", "two words");
  expect_refused(good + "is_a: CL:00003\n", "line 5:", "CL:00003");
  expect_refused(good + "id: CL:0000002\n", "line 5:", "second id");
  expect_refused(good + "synonym: \"no end EXACT []\n", "line 5:", "no end");
  expect_refused(good + "synonym: bare EXACT []\n", "line 5:", "bare");
  expect_refused(good + "[Term\n", "line 5:", "[Term");
  expect_refused(good + "replaced_by: CL:12345678 x\n", "line 5:", "CL:12345678");
  expect_refused("cell_type,cell_type_ontology_term_id\nB cell,CL:0000236\n", "line 1:", "cell_type");
  SCTAB_EXPECT_THROW_WITH(load(good + "\n[Term]\nid: CL:0000001\nname: b\n"), InputError, "cl.obo",
                          "line 6:", "CL:0000001", "line 2");
}

TEST_F(LoadTest, RefusesTruncatedFiles) {
  const std::string whole = kObo;
  SCTAB_EXPECT_THROW_WITH(load(whole.substr(0, whole.find("is_a: CL") + 3)), InputError, "cl.obo", "cut off");
  SCTAB_EXPECT_THROW_WITH(load("format-version: 1.2\n[Term]\n"), InputError, "line 2", "without id", "cut off");
  SCTAB_EXPECT_THROW_WITH(load("format-version: 1.2\n[Term]\nid: CL:0000001\n"), InputError, "line 2", "no name");
  EXPECT_EQ(load("format-version: 1.2\n[Term]\nid: CL:0000001\nname: \nis_obsolete: true\n").size(), 1)
      << "releases have obsolete terms that lost their name";
  const std::string json = load(kObo).to_json().dump();
  SCTAB_EXPECT_THROW_WITH(load(json.substr(0, json.size() / 2)), InputError, "cl.obo", "not JSON");
}

TEST_F(LoadTest, RefusesWhatIsNoOntology) {
  SCTAB_EXPECT_THROW_WITH(Ontology::load(folder_ / "none.obo"), InputError, "none.obo", "no such file");
  SCTAB_EXPECT_THROW_WITH(Ontology::load(folder_.path()), InputError, "is a folder");
  SCTAB_EXPECT_THROW_WITH(load(""), InputError, "cl.obo", "expected");
  SCTAB_EXPECT_THROW_WITH(load("\n\n! only a comment\n"), InputError, "cl.obo", "expected");
  SCTAB_EXPECT_THROW_WITH(load("\x1f\x8b\x08 rest"), InputError, "gzip", "gunzip");
  SCTAB_EXPECT_THROW_WITH(load(std::string("\x89HDF\r\n\x1a\n\0\0", 10)), InputError, "line 1", "not UTF-8");
  SCTAB_EXPECT_THROW_WITH(load(std::string("format-version: 1.2\na: \0b\n", 26)), InputError, "line 2", "\\x00");
  SCTAB_EXPECT_THROW_WITH(load("format-version: 1.2\n\nremark: caf\xe9\n"), InputError, "line 3", "not UTF-8");
  SCTAB_EXPECT_THROW_WITH(load("<?xml version=\"1.0\"?>\n<rdf:RDF/>\n"), InputError, "XML", "cl.json");
  SCTAB_EXPECT_THROW_WITH(load("format-version: 1.2\n[Term]\nid: GO:1\nname: x\n"), InputError,
                          "no term with a CL: id");
  SCTAB_EXPECT_THROW_WITH(load("{\"a\": 1}"), InputError, "neither", "OBO-graphs");
  SCTAB_EXPECT_THROW_WITH(load("{\"graphs\": []}"), InputError, "no term with a CL: id");
}

TEST_F(LoadTest, RefusesDamagedJsonByPlace) {
  const auto good = load(kObo).to_json();
  auto bad = good;
  bad["terms"][1]["parents"] = 7;
  SCTAB_EXPECT_THROW_WITH(load(bad.dump()), InputError, "cl.obo", "terms[1].parents: 7", "an array");
  bad = good;
  bad["terms"][2].erase("name");
  SCTAB_EXPECT_THROW_WITH(load(bad.dump()), InputError, "terms[2].name: is missing");
  bad = good;
  bad["terms"][2]["id"] = "CL:0000001";
  SCTAB_EXPECT_THROW_WITH(load(bad.dump()), InputError, "terms[2]", "CL:0000001", "terms[1]");
  bad = good;
  bad["terms"][0]["id"] = "T cell";
  SCTAB_EXPECT_THROW_WITH(load(bad.dump()), InputError, "terms[0]", "T cell", "seven digits");
  bad = good;
  bad["terms"][0]["name"] = "two\nlines";
  SCTAB_EXPECT_THROW_WITH(load(bad.dump()), InputError, "terms[0]", "two\\nlines", "one line");
  bad = good;
  bad["terms"] = "none";
  SCTAB_EXPECT_THROW_WITH(load(bad.dump()), InputError, "terms: \"none\"", "an array");
  bad = good;
  bad["format_version"] = 2;
  SCTAB_EXPECT_THROW_WITH(load(bad.dump()), InputError, "format_version: 2", "expected sctab-ontology 1");
  SCTAB_EXPECT_THROW_WITH(load(R"({"graphs": [{"nodes": [{"id": 3}]}]})"), InputError, "graphs[0].nodes[0].id: 3",
                          "a text");
  SCTAB_EXPECT_THROW_WITH(load(R"({"graphs": [{"edges": [{"sub": "x"}]}]})"), InputError,
                          "graphs[0].edges[0].pred: is missing");
  SCTAB_EXPECT_THROW_WITH(load(R"({"graphs": 3})"), InputError, "graphs: 3", "an array");
}

TEST_F(LoadTest, DamageIsReadOrRefusedInOneLine) {
  const auto expect_handled = [&](std::string_view content) {
    try {
      load(content);
    } catch (const InputError& error) {
      EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << error.what();
    }
  };
  const std::string obo = kObo, json = load(kObo).to_json().dump();
  const std::string_view noise("\n\r\t :[]{}\"\\!,CL\xe9\0", 17);
  core::Rng rng(1);
  for (const auto& whole : {obo, json}) {
    for (std::size_t length = 0; length < whole.size(); length += 11) expect_handled(whole.substr(0, length));
    for (int i = 0; i < 150; ++i) {
      std::string damaged = whole;
      for (int k = 0; k < 3; ++k) damaged[rng.below(damaged.size())] = noise[rng.below(noise.size())];
      expect_handled(damaged);
    }
  }
}

}  // namespace
}  // namespace sctab::ontology
