#include "sctab/store/shard_tables.hpp"

#include <fmt/format.h>

namespace sctab::store {

ObsColumns::ObsColumns(CellIndex begin, CellIndex end)
    : begin_(begin), source_rows_(static_cast<std::size_t>(end - begin)) {
  for (auto& codes : codes_) codes.resize(source_rows_.size());
}

void ObsColumns::set(CellIndex position, const CellObs& obs) {
  const auto at = static_cast<std::size_t>(position - begin_);
  for (std::size_t field = 0; field < kNumFields; ++field) codes_[field][at] = obs.codes[field];
  source_rows_[at] = obs.source_row;
}

std::vector<formats::Column> ObsColumns::take_columns(const CategoryTables& tables) {
  std::vector<std::string> labels, ids;
  for (const CellTypeEntry& type : tables.cell_types) {
    labels.push_back(type.label);
    ids.push_back(type.id);
  }
  auto& cell_types = codes_[static_cast<std::size_t>(Field::kCellType)];
  std::vector<formats::Column> columns;
  columns.push_back({"cell_type", formats::Categorical{cell_types, std::move(labels), false}});
  columns.push_back({"cell_type_ontology_term_id", formats::Categorical{std::move(cell_types), std::move(ids), false}});
  for (const Field field : kFields) {
    if (field == Field::kCellType) continue;
    auto& codes = codes_[static_cast<std::size_t>(field)];
    columns.push_back({std::string(name(field)), formats::Categorical{std::move(codes), tables.column(field), false}});
  }
  columns.push_back({"source_row", std::move(source_rows_)});
  return columns;
}

std::string shard_file_name(const ShardPlace& place) {
  return fmt::format("{}-{:05}.h5ad", name(place.split), place.number);
}

h5ad::WriteOptions write_options(const ShardLayout& layout, core::ThreadPool* pool) {
  h5ad::WriteOptions options;
  options.values = layout.values == ValueType::kUint16 ? h5ad::ValueType::kUint16 : h5ad::ValueType::kFloat32;
  options.chunk_elements = layout.chunk_elements;
  options.gzip_level = layout.gzip_level;
  options.pool = pool;
  return options;
}

void write_tables(h5ad::Writer& writer, const ShardPlace& place, const std::vector<formats::Column>& obs,
                  const genes::GeneList& genes) {
  formats::Strings names;
  for (CellIndex i = 0; i < place.end - place.begin; ++i) {
    names.push_back(fmt::format("{}-{}", name(place.split), place.first_position + i));
  }
  writer.write_obs(names, obs);
  const formats::Column symbols{"gene_symbol", genes.symbols};
  writer.write_var(genes.ids, std::span(&symbols, 1));
}

}  // namespace sctab::store
