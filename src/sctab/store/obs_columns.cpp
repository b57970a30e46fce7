#include "sctab/store/obs_columns.hpp"

#include <array>

namespace sctab::store {
namespace {

constexpr std::array<std::string_view, 2> kAssay = {"assay", "assay_ontology_term_id"};
constexpr std::array<std::string_view, 2> kTissue = {"tissue", "tissue_ontology_term_id"};
constexpr std::array<std::string_view, 3> kTissueGeneral = {"tissue_general", "tissue", "tissue_ontology_term_id"};
constexpr std::array<std::string_view, 2> kDisease = {"disease", "disease_ontology_term_id"};

}  // namespace

std::span<const std::string_view> obs_columns(Field field) {
  switch (field) {
    case Field::kAssay:
      return kAssay;
    case Field::kTissue:
      return kTissue;
    case Field::kTissueGeneral:
      return kTissueGeneral;
    case Field::kDisease:
      return kDisease;
    default:
      return {};
  }
}

}  // namespace sctab::store
