#include "sctab/annotate/tissue_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace sctab::annotate {
namespace {

/// The digits of each id behind "UBERON:", in order.
constexpr std::array<std::pair<std::string_view, std::string_view>, 50> kNames = {{
    {"0000004", "nose"},
    {"0000029", "lymph node"},
    {"0000030", "lamina propria"},
    {"0000056", "ureter"},
    {"0000059", "large intestine"},
    {"0000160", "intestine"},
    {"0000178", "blood"},
    {"0000310", "breast"},
    {"0000344", "mucosa"},
    {"0000403", "scalp"},
    {"0000473", "testis"},
    {"0000922", "embryo"},
    {"0000945", "stomach"},
    {"0000948", "heart"},
    {"0000955", "brain"},
    {"0000970", "eye"},
    {"0000992", "ovary"},
    {"0000995", "uterus"},
    {"0001004", "respiratory system"},
    {"0001007", "digestive system"},
    {"0001013", "adipose tissue"},
    {"0001015", "musculature"},
    {"0001017", "central nervous system"},
    {"0001040", "yolk sac"},
    {"0001043", "esophagus"},
    {"0001087", "pleural fluid"},
    {"0001155", "colon"},
    {"0001264", "pancreas"},
    {"0001723", "tongue"},
    {"0001836", "saliva"},
    {"0001913", "milk"},
    {"0001987", "placenta"},
    {"0002046", "thyroid gland"},
    {"0002048", "lung"},
    {"0002049", "vasculature"},
    {"0002097", "skin of body"},
    {"0002106", "spleen"},
    {"0002107", "liver"},
    {"0002108", "small intestine"},
    {"0002110", "gallbladder"},
    {"0002113", "kidney"},
    {"0002240", "spinal cord"},
    {"0002367", "prostate gland"},
    {"0002369", "adrenal gland"},
    {"0002370", "thymus"},
    {"0002371", "bone marrow"},
    {"0003126", "trachea"},
    {"0003688", "omentum"},
    {"0003889", "fallopian tube"},
    {"0018707", "bladder organ"},
}};

}  // namespace

std::string_view tissue_name(std::string_view id) {
  constexpr std::string_view kPrefix = "uberon:";
  const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
  if (!std::ranges::equal(id.substr(0, kPrefix.size()), kPrefix, {}, lower)) return {};
  const std::string_view digits = id.substr(kPrefix.size());
  const auto found = std::ranges::lower_bound(kNames, digits, {}, [](const auto& entry) { return entry.first; });
  return found != kNames.end() && found->first == digits ? found->second : std::string_view();
}

}  // namespace sctab::annotate
