#include "lab/simulate/lineage.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sctab/core/staged_output.hpp"

namespace sctab::simulate {
namespace {

constexpr std::array<Tissue, kTissues> kTissueTable = {{{"blood", "blood"},
                                                        {"lung parenchyma", "lung"},
                                                        {"caudate lobe of liver", "liver"},
                                                        {"sigmoid colon", "large intestine"},
                                                        {"dorsolateral prefrontal cortex", "brain"},
                                                        {"cortex of kidney", "kidney"}}};

// Columns: blood, lung, liver, colon, brain, kidney. Magnitudes as in the tissues' atlases.
constexpr CellType kTypes[] = {
    {"CL:0000860", {18, 6, 4, 1, 0.2F, 2}},             // classical monocyte
    {"CL:0000895", {14, 2, 1, 2, 0, 1}},                // naive thymus-derived CD4-positive, alpha-beta T cell
    {"CL:0000897", {12, 6, 3, 8, 0.2F, 2}},             // CD4-positive, alpha-beta memory T cell
    {"CL:0000939", {9, 4, 6, 1, 0, 3}},                 // CD16-positive, CD56-dim natural killer cell, human
    {"CL:0000913", {7, 5, 8, 5, 0.2F, 2}},              // effector memory CD8-positive, alpha-beta T cell
    {"CL:0000788", {6, 1, 1, 3, 0, 0.5F}},              // naive B cell
    {"CL:0000900", {6, 1, 0.5F, 1, 0, 0.5F}},           // naive thymus-derived CD8-positive, alpha-beta T cell
    {"CL:0000787", {3, 1, 1, 4, 0, 0.5F}},              // memory B cell
    {"CL:0000583", {0, 16, 0, 0, 0, 0}},                // alveolar macrophage
    {"CL:0002063", {0, 14, 0, 0, 0, 0}},                // type II pneumocyte
    {"CL:0000182", {0, 0, 30, 0, 0, 0}},                // hepatocyte
    {"CL:1000347", {0, 0, 0, 24, 0, 0}},                // enterocyte of colon
    {"CL:0000679", {0, 0, 0, 0, 30, 0}},                // glutamatergic neuron
    {"CL:0000128", {0, 0, 0, 0, 20, 0}},                // oligodendrocyte
    {"CL:0002306", {0, 0, 0, 0, 0, 34}},                // epithelial cell of proximal tubule
    {"CL:0002144", {0, 6, 3, 2, 1, 6}},                 // capillary endothelial cell
    {"CL:0000669", {0, 1.5F, 1, 1, 1, 2}},              // pericyte
    {"CL:0000127", {0, 0, 0, 0, 10, 0}},                // astrocyte
    {"CL:0000091", {0, 0, 7, 0, 0, 0}},                 // Kupffer cell
    {"CL:0009039", {0, 0, 0, 7, 0, 0}},                 // colon goblet cell
    {"CL:0000875", {3, 2, 0.5F, 0, 0, 0.3F}},           // non-classical monocyte
    {"CL:0000990", {1, 2, 1, 1, 0, 0.5F}},              // conventional dendritic cell
    {"CL:0000985", {0.4F, 2, 2, 5, 0, 0.3F}},           // IgG plasma cell
    {"CL:0002543", {0, 2.5F, 2, 1, 0.4F, 1}},           // vein endothelial cell
    {"CL:0000617", {0, 0, 0, 0, 12, 0}},                // GABAergic neuron
    {"CL:0000129", {0, 0, 0, 0, 6, 0}},                 // microglial cell
    {"CL:1001106", {0, 0, 0, 0, 0, 12}},                // kidney loop of Henle thick ascending limb epithelial cell
    {"CL:0002062", {0, 4, 0, 0, 0, 0}},                 // type I pneumocyte
    {"CL:0000987", {0.1F, 0.5F, 0.5F, 8, 0, 0.1F}},     // IgA plasma cell
    {"CL:0000815", {1.5F, 1.5F, 1, 3, 0, 0.3F}},        // regulatory T cell
    {"CL:0000798", {1.5F, 0.5F, 2, 1, 0, 0.2F}},        // gamma-delta T cell
    {"CL:0000940", {1, 0.5F, 3, 0.5F, 0, 0.2F}},        // mucosal invariant T cell
    {"CL:0002138", {0, 1.5F, 0.5F, 0.7F, 0, 0.5F}},     // endothelial cell of lymphatic vessel
    {"CL:1000398", {0, 0, 6, 0, 0, 0}},                 // endothelial cell of hepatic sinusoid
    {"CL:0000632", {0, 0, 2, 0, 0, 0}},                 // hepatic stellate cell
    {"CL:0000359", {0, 1, 0.7F, 1, 0.3F, 1}},           // vascular associated smooth muscle cell
    {"CL:0000097", {0, 1, 0.2F, 1.5F, 0, 0.2F}},        // mast cell
    {"CL:0002145", {0, 3, 0, 0, 0, 0}},                 // ciliated columnar cell of tracheobronchial tree
    {"CL:0000158", {0, 1.5F, 0, 0, 0, 0}},              // club cell
    {"CL:0000784", {0.4F, 0.3F, 0.1F, 0.1F, 0, 0.1F}},  // plasmacytoid dendritic cell
};

std::vector<std::string> split_at_blanks(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

std::span<const Tissue, kTissues> tissues() {
  return kTissueTable;
}

std::span<const CellType> cell_types() {
  return kTypes;
}

ontology::Ontology lineage() {
  std::vector<ontology::Term> terms;
  for (const LineageTerm& entry : lineage_terms()) {
    ontology::Term term;
    term.id = entry.id;
    term.name = entry.name;
    term.parents = split_at_blanks(entry.parents);
    terms.push_back(std::move(term));
  }
  return {std::move(terms), std::string(kLineageRelease)};
}

void write_lineage_obo(const std::filesystem::path& path) {
  std::string text = fmt::format(
      "format-version: 1.2\ndata-version: {}\nontology: cl\n"
      "remark: the terms of the simulated cell types and all above them, from the Cell Ontology (CC BY 4.0)\n",
      kLineageRelease);
  for (const LineageTerm& term : lineage_terms()) {
    text += fmt::format("\n[Term]\nid: {}\nname: {}\n", term.id, term.name);
    for (const std::string& parent : split_at_blanks(term.parents)) text += fmt::format("is_a: {}\n", parent);
  }
  core::write_file_atomically(path, text);
}

}  // namespace sctab::simulate
