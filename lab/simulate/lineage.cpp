#include "lab/simulate/lineage.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sctab/core/staged_output.hpp"

namespace sctab::simulate {
namespace {

// Names, ids and is_a relations follow the Cell Ontology, release 2023-07-20 (https://obofoundry.org/ontology/cl), by
// its authors, under CC BY 4.0.
constexpr LineageTerm kTerms[] = {
    {"CL:0000000", "cell", ""},
    {"CL:0000003", "native cell", "CL:0000000"},
    {"CL:0000057", "fibroblast", "CL:0002320"},
    {"CL:0000064", "ciliated cell", "CL:0000003"},
    {"CL:0000066", "epithelial cell", "CL:0000548"},
    {"CL:0000067", "ciliated epithelial cell", "CL:0000064 CL:0000066"},
    {"CL:0000071", "blood vessel endothelial cell", "CL:0000076 CL:0002139"},
    {"CL:0000075", "columnar/cuboidal epithelial cell", "CL:0000066 CL:0002371"},
    {"CL:0000076", "squamous epithelial cell", "CL:0000066"},
    {"CL:0000082", "epithelial cell of lung", "CL:0000066"},
    {"CL:0000084", "T cell", "CL:0000542"},
    {"CL:0000091", "Kupffer cell", "CL:0000864"},
    {"CL:0000095", "neuron associated cell", "CL:0002319"},
    {"CL:0000097", "mast cell", "CL:0000766 CL:0002274"},
    {"CL:0000115", "endothelial cell", "CL:0000213 CL:0002078"},
    {"CL:0000125", "glial cell", "CL:0000095"},
    {"CL:0000126", "macroglial cell", "CL:0000125"},
    {"CL:0000127", "astrocyte", "CL:0000126"},
    {"CL:0000128", "oligodendrocyte", "CL:0000126 CL:4023154"},
    {"CL:0000129", "microglial cell", "CL:0000125 CL:0000878"},
    {"CL:0000145", "professional antigen presenting cell", "CL:0000738"},
    {"CL:0000150", "glandular epithelial cell", "CL:0000066 CL:0000151 CL:0002371"},
    {"CL:0000151", "secretory cell", "CL:0000003"},
    {"CL:0000157", "surfactant secreting cell", "CL:0000151"},
    {"CL:0000158", "club cell", "CL:0000157 CL:0002202 CL:0011026"},
    {"CL:0000159", "seromucus secreting cell", "CL:0000151"},
    {"CL:0000160", "goblet cell", "CL:0000150 CL:0000319"},
    {"CL:0000161", "acid secreting cell", "CL:0000151"},
    {"CL:0000182", "hepatocyte", "CL:0000066 CL:0000417 CL:0002371"},
    {"CL:0000183", "contractile cell", "CL:0000003"},
    {"CL:0000187", "muscle cell", "CL:0000183 CL:0000393 CL:0002371"},
    {"CL:0000192", "smooth muscle cell", "CL:0008000 CL:0008007"},
    {"CL:0000211", "electrically active cell", "CL:0000003"},
    {"CL:0000212", "absorptive cell", "CL:0000003"},
    {"CL:0000213", "lining cell", "CL:0000215"},
    {"CL:0000215", "barrier cell", "CL:0000003"},
    {"CL:0000219", "motile cell", "CL:0000003"},
    {"CL:0000226", "single nucleate cell", "CL:0002242"},
    {"CL:0000234", "phagocyte", "CL:0000219 CL:0000325 CL:0000473 CL:0000548"},
    {"CL:0000235", "macrophage", "CL:0000145 CL:0000234 CL:0000766"},
    {"CL:0000236", "B cell", "CL:0000945"},
    {"CL:0000239", "brush border epithelial cell", "CL:0000067 CL:0000075"},
    {"CL:0000255", "eukaryotic cell", "CL:0000003"},
    {"CL:0000319", "mucus secreting cell", "CL:0000159"},
    {"CL:0000322", "pneumocyte", "CL:0010003"},
    {"CL:0000325", "stuff accumulating cell", "CL:0000003"},
    {"CL:0000327", "extracellular matrix secreting cell", "CL:0000499"},
    {"CL:0000359", "vascular associated smooth muscle cell", "CL:0000192"},
    {"CL:0000393", "electrically responsive cell", "CL:0000211"},
    {"CL:0000404", "electrically signaling cell", "CL:0000211"},
    {"CL:0000412", "polyploid cell", "CL:0000003"},
    {"CL:0000417", "endopolyploid cell", "CL:0000412"},
    {"CL:0000451", "dendritic cell", "CL:0000145 CL:0000842"},
    {"CL:0000457", "biogenic amine secreting cell", "CL:0000151"},
    {"CL:0000473", "defensive cell", "CL:0000003"},
    {"CL:0000499", "stromal cell", "CL:0002320"},
    {"CL:0000540", "neuron", "CL:0000393 CL:0000404 CL:0002319"},
    {"CL:0000542", "lymphocyte", "CL:0000842"},
    {"CL:0000548", "animal cell", "CL:0000255"},
    {"CL:0000576", "monocyte", "CL:0000766 CL:0000842 CL:0011026"},
    {"CL:0000583", "alveolar macrophage", "CL:0000864 CL:1001603"},
    {"CL:0000584", "enterocyte", "CL:0000239 CL:0000677 CL:0002563"},
    {"CL:0000617", "GABAergic neuron", "CL:0000161 CL:0000540"},
    {"CL:0000623", "natural killer cell", "CL:0001067"},
    {"CL:0000624", "CD4-positive, alpha-beta T cell", "CL:0000791"},
    {"CL:0000625", "CD8-positive, alpha-beta T cell", "CL:0000791"},
    {"CL:0000630", "supporting cell", "CL:0000003"},
    {"CL:0000632", "hepatic stellate cell", "CL:0000057 CL:0000327"},
    {"CL:0000669", "pericyte", "CL:0000183 CL:0000630 CL:0002320 CL:0008034"},
    {"CL:0000677", "gut absorptive cell", "CL:0000212"},
    {"CL:0000679", "glutamatergic neuron", "CL:0000151 CL:0000540"},
    {"CL:0000738", "leukocyte", "CL:0000219 CL:0000988 CL:0002242"},
    {"CL:0000763", "myeloid cell", "CL:0000988"},
    {"CL:0000766", "myeloid leukocyte", "CL:0000738 CL:0000763"},
    {"CL:0000784", "plasmacytoid dendritic cell", "CL:0000451"},
    {"CL:0000785", "mature B cell", "CL:0000145 CL:0001201"},
    {"CL:0000786", "plasma cell", "CL:0000946"},
    {"CL:0000787", "memory B cell", "CL:0000785"},
    {"CL:0000788", "naive B cell", "CL:0000785"},
    {"CL:0000789", "alpha-beta T cell", "CL:0000084"},
    {"CL:0000791", "mature alpha-beta T cell", "CL:0000789 CL:0002419"},
    {"CL:0000798", "gamma-delta T cell", "CL:0000084"},
    {"CL:0000813", "memory T cell", "CL:0002419"},
    {"CL:0000815", "regulatory T cell", "CL:0002419"},
    {"CL:0000824", "mature natural killer cell", "CL:0000623"},
    {"CL:0000842", "mononuclear cell", "CL:0000226 CL:0000738"},
    {"CL:0000860", "classical monocyte", "CL:0000234 CL:0000576"},
    {"CL:0000864", "tissue-resident macrophage", "CL:0000235"},
    {"CL:0000875", "non-classical monocyte", "CL:0000576"},
    {"CL:0000878", "central nervous system macrophage", "CL:0000864 CL:0002319"},
    {"CL:0000895", "naive thymus-derived CD4-positive, alpha-beta T cell", "CL:0000624 CL:0000898"},
    {"CL:0000897", "CD4-positive, alpha-beta memory T cell", "CL:0000624 CL:0000813"},
    {"CL:0000898", "naive T cell", "CL:0002419"},
    {"CL:0000900", "naive thymus-derived CD8-positive, alpha-beta T cell", "CL:0000625 CL:0000898"},
    {"CL:0000909", "CD8-positive, alpha-beta memory T cell", "CL:0000625 CL:0000813"},
    {"CL:0000913", "effector memory CD8-positive, alpha-beta T cell", "CL:0001203"},
    {"CL:0000939", "CD16-positive, CD56-dim natural killer cell, human", "CL:0000824"},
    {"CL:0000940", "mucosal invariant T cell", "CL:0000791"},
    {"CL:0000945", "lymphocyte of B lineage", "CL:0000542"},
    {"CL:0000946", "antibody secreting cell", "CL:0000945"},
    {"CL:0000974", "long lived plasma cell", "CL:0000786"},
    {"CL:0000985", "IgG plasma cell", "CL:0000974"},
    {"CL:0000987", "IgA plasma cell", "CL:0000974"},
    {"CL:0000988", "hematopoietic cell", "CL:0002371"},
    {"CL:0000990", "conventional dendritic cell", "CL:0000451"},
    {"CL:0001065", "innate lymphoid cell", "CL:0000542"},
    {"CL:0001067", "group 1 innate lymphoid cell", "CL:0001065"},
    {"CL:0001200", "lymphocyte of B lineage, CD19-positive", "CL:0000945"},
    {"CL:0001201", "B cell, CD19-positive", "CL:0000236 CL:0001200"},
    {"CL:0001203", "CD8-positive, alpha-beta memory T cell, CD45RO-positive", "CL:0000909"},
    {"CL:0002062", "type I pneumocyte", "CL:0000322"},
    {"CL:0002063", "type II pneumocyte", "CL:0000157 CL:0000322 CL:1000272"},
    {"CL:0002071", "enterocyte of epithelium of large intestine", "CL:0000584 CL:0002253"},
    {"CL:0002076", "endo-epithelial cell", "CL:0000066 CL:0002371"},
    {"CL:0002078", "meso-epithelial cell", "CL:0000066 CL:0002371"},
    {"CL:0002138", "endothelial cell of lymphatic vessel", "CL:0002139"},
    {"CL:0002139", "endothelial cell of vascular tree", "CL:0000115"},
    {"CL:0002144", "capillary endothelial cell", "CL:2000008"},
    {"CL:0002145", "ciliated columnar cell of tracheobronchial tree", "CL:0002202 CL:0005012 CL:4030034"},
    {"CL:0002202", "epithelial cell of tracheobronchial tree", "CL:0002632"},
    {"CL:0002242", "nucleate cell", "CL:0000003"},
    {"CL:0002251", "epithelial cell of alimentary canal", "CL:0002076"},
    {"CL:0002253", "epithelial cell of large intestine", "CL:0002563"},
    {"CL:0002262", "endothelial cell of sinusoid", "CL:0000115"},
    {"CL:0002274", "histamine secreting cell", "CL:0000457"},
    {"CL:0002305", "epithelial cell of distal tubule", "CL:0002078 CL:1000494 CL:1000615"},
    {"CL:0002306", "epithelial cell of proximal tubule", "CL:0000239 CL:0002078 CL:1000494 CL:1000615"},
    {"CL:0002319", "neural cell", "CL:0002371"},
    {"CL:0002320", "connective tissue cell", "CL:0002371"},
    {"CL:0002368", "respiratory epithelial cell", "CL:0002076"},
    {"CL:0002371", "somatic cell", "CL:0000548"},
    {"CL:0002419", "mature T cell", "CL:0000084"},
    {"CL:0002518", "kidney epithelial cell", "CL:0000066 CL:1000497"},
    {"CL:0002543", "vein endothelial cell", "CL:0000071"},
    {"CL:0002563", "intestinal epithelial cell", "CL:0002251"},
    {"CL:0002584", "renal cortical epithelial cell", "CL:0002518 CL:0002681"},
    {"CL:0002632", "epithelial cell of lower respiratory tract", "CL:0002368"},
    {"CL:0002658", "glandular cell of the large intestine", "CL:0000150 CL:0002253"},
    {"CL:0002681", "kidney cortical cell", "CL:1000497"},
    {"CL:0005012", "multi-ciliated epithelial cell", "CL:0000067"},
    {"CL:0008000", "non-striated muscle cell", "CL:0000187"},
    {"CL:0008007", "visceral muscle cell", "CL:0000187"},
    {"CL:0008034", "mural cell", "CL:0002371"},
    {"CL:0009039", "colon goblet cell", "CL:1000320 CL:1001588"},
    {"CL:0010003", "epithelial cell of alveolus of lung", "CL:0000082"},
    {"CL:0011026", "progenitor cell", "CL:0011115"},
    {"CL:0011108", "colon epithelial cell", "CL:0002253"},
    {"CL:0011115", "precursor cell", "CL:0000003"},
    {"CL:0019031", "intestine goblet cell", "CL:0000160 CL:0002563"},
    {"CL:1000272", "lung secretory cell", "CL:0000151 CL:0000548"},
    {"CL:1000320", "large intestine goblet cell", "CL:0002658 CL:0019031"},
    {"CL:1000347", "enterocyte of colon", "CL:0002071 CL:0011108"},
    {"CL:1000398", "endothelial cell of hepatic sinusoid", "CL:0002262"},
    {"CL:1000449", "epithelial cell of nephron", "CL:0002518"},
    {"CL:1000494", "nephron tubule epithelial cell", "CL:1000449 CL:1000507"},
    {"CL:1000497", "kidney cell", "CL:0002371"},
    {"CL:1000504", "kidney medulla cell", "CL:1000497"},
    {"CL:1000507", "kidney tubule cell", "CL:1000497"},
    {"CL:1000615", "kidney cortex tubule cell", "CL:0002584 CL:1000449 CL:1000507"},
    {"CL:1000909", "kidney loop of Henle epithelial cell", "CL:1000494"},
    {"CL:1001016", "kidney loop of Henle ascending limb epithelial cell", "CL:0002305 CL:1000909"},
    {"CL:1001106", "kidney loop of Henle thick ascending limb epithelial cell", "CL:1000504 CL:1001016"},
    {"CL:1001588", "colon glandular cell", "CL:0002658 CL:0011108"},
    {"CL:1001603", "lung macrophage", "CL:0000235"},
    {"CL:2000008", "microvascular endothelial cell", "CL:0000071"},
    {"CL:4023154", "myelinating glial cell", "CL:0000125"},
    {"CL:4030034", "respiratory ciliated cell", "CL:0000064"},
};

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

std::span<const LineageTerm> lineage_terms() {
  return kTerms;
}

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
