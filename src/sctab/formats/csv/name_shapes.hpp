#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sctab::csv {

/// The share of names that can only be those of genes, 0 to 1: Ensembl ids, names as whole families of genes have them
/// (RPL10, ZNF43, SLC2A1, MT-CO1, AL627309.1), and some genes that almost every file has (ACTB, CD3D, MALAT1). About
/// one in seven human symbols is of that kind, and hardly a name of a cell.
double gene_share(std::span<const std::string> names);
bool is_surely_gene(std::string_view name);

/// The share of names of the shapes that cells have: barcodes (10 bases or more in a row), accessions (GSM, SRR, ERR,
/// SAM), "cell" and a number.
double cell_share(std::span<const std::string> names);

/// What a title says of the names below it: "gene", "symbol", "Geneid"; "cell", "barcode". Upper and lower case alike.
bool is_title_of_genes(std::string_view title);
bool is_title_of_cells(std::string_view title);
/// A title of names in general: "", "index", "id", "name", "Unnamed: 0", "rownames".
bool is_title_of_names(std::string_view title);

/// Numbers that tables of cells have next to their counts: "nCount_RNA", "percent.mt", "total_counts", "UMAP_1".
bool is_cell_measure(std::string_view title);
/// Numbers that tables of genes have next to their counts: "length", "start", "end", "entrez_id".
bool is_gene_measure(std::string_view title);
/// Titles of Ensembl ids and of symbols among the columns of a table of genes.
bool is_title_of_symbols(std::string_view title);

}  // namespace sctab::csv
