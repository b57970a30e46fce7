#include "sctab/baselines/train_baseline.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <span>

#include "sctab/baselines/celltypist.hpp"
#include "sctab/baselines/centroid.hpp"
#include "sctab/baselines/member_run.hpp"
#include "sctab/baselines/models.hpp"
#include "sctab/baselines/pca_linear.hpp"
#include "sctab/baselines/xgboost.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/nn/model_directory.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "sctab/train/check_corpus.hpp"
#include "sctab/train/described_model.hpp"
#include "sctab/train/ensemble_plan.hpp"

namespace sctab::baselines {
namespace {

using nn::ModelKind;

XgboostOptions xgboost_options(const BaselineOptions& options) {
  XgboostOptions trees = options.library_defaults ? XgboostOptions::defaults() : XgboostOptions{};
  trees.n_rounds = options.rounds.value_or(trees.n_rounds);
  trees.eta = options.eta.value_or(trees.eta);
  trees.subsample = options.subsample.value_or(trees.subsample);
  trees.max_depth = options.max_depth.value_or(trees.max_depth);
  return trees;
}

linalg::PcaOptions pca_options(const BaselineOptions& options, std::uint64_t seed) {
  linalg::PcaOptions pca{.seed = seed};
  pca.n_components = options.n_components.value_or(pca.n_components);
  return pca;
}

Fitted fit(const Corpus& corpus, const BaselineOptions& options) {
  switch (options.kind) {
    case ModelKind::kCentroid:
      return fit_centroid(corpus);
    case ModelKind::kCelltypist:
      return fit_celltypist(corpus);
    case ModelKind::kPcaLinear: {
      PcaLinearOptions linear;
      linear.pca = pca_options(options, corpus.seed);
      return fit_pca_linear(corpus, linear);
    }
    default: {
      XgboostOptions trees = xgboost_options(options);
      trees.pca = pca_options(options, corpus.seed);
      return fit_xgboost(corpus, trees);
    }
  }
}

/// What decides a member's weights.
nlohmann::json identity_of(const Corpus& corpus, const BaselineOptions& options) {
  nlohmann::json identity = {{"kind", nn::name(options.kind)},
                             {"library_defaults", options.library_defaults},
                             {"store", corpus.store.hash()},
                             {"seed", corpus.seed}};
  if (nn::uses_components(options.kind)) identity["components"] = pca_options(options, corpus.seed).n_components;
  if (options.kind == ModelKind::kXgboost) {
    const XgboostOptions trees = xgboost_options(options);
    identity.update({{"rounds", trees.n_rounds},
                     {"eta", trees.eta},
                     {"subsample", trees.subsample},
                     {"max_depth", trees.max_depth}});
  }
  return identity;
}

/// Trains the member, or finds it finished. number: from 1.
FinishedMember run_member(const Corpus& corpus, const BaselineOptions& options, const train::RunFolder& folder,
                          int number) {
  const nlohmann::json identity = identity_of(corpus, options);
  if (auto finished = find_finished(folder, identity)) {
    spdlog::info("{}: is finished", folder.path.string());
    return *finished;
  }
  const auto start = std::chrono::steady_clock::now();
  const Fitted fitted = fit(corpus, options);
  keep_finished(folder, identity, fitted,
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (options.after_member) options.after_member(number);
  return *find_finished(folder, identity);
}

void require_same_components(std::span<const FinishedMember> members) {
  const std::int64_t first = members.front().n_components, last = members.back().n_components;
  if (first == last) return;
  throw core::InputError(
      fmt::format("--members: the first found {} principal components and member {} found {}, and an ensemble's must "
                  "be as many; give fewer with --components",
                  first, members.size(), last));
}

/// All members, one after the other. Throws Interrupted, which says how to go on where that saves any work.
std::vector<FinishedMember> run_members(const store::Store& store, const train::CorpusSize& size,
                                        const BaselineOptions& options, const train::RunFolder& folder) try {
  std::vector<FinishedMember> members;
  for (int number = 1; number <= options.members; ++number) {
    const Corpus corpus{store, size, options.threads, train::member_seed(options.seed, number)};
    if (options.members > 1) {
      spdlog::info("member {} of {}: {}, seed {}", number, options.members, nn::name(options.kind), corpus.seed);
    }
    members.push_back(run_member(corpus, options, folder.member_of(options.members, number), number));
    require_same_components(members);
  }
  return members;
} catch (const core::Interrupted&) {
  if (!folder.has_any_checkpoint()) throw;
  throw core::Interrupted(
      fmt::format("interrupted; --resume trains the members that are missing ({})", folder.path.string()));
}

nlohmann::json training_json(const store::Store& store, const train::CorpusSize& size, ModelKind kind,
                             std::span<const FinishedMember> members) {
  nlohmann::json json = train::corpus_json(store, size);
  if (members.size() == 1) {
    json["seed"] = members.front().seed;
    json["baseline"] = members.front().facts;
    return json;
  }
  for (const FinishedMember& member : members) {
    json["members"].push_back({{"kind", nn::name(kind)}, {"seed", member.seed}, {"baseline", member.facts}});
  }
  return json;
}

nn::ModelDescription describe(const store::Store& store, const train::CorpusSize& size, ModelKind kind,
                              std::span<const FinishedMember> members, std::string name) {
  nn::ModelDescription description = train::describe_store(store, std::move(name), members.size());
  description.architecture.kind = kind;
  description.architecture.n_genes = size.n_genes;
  description.architecture.n_types = size.n_types();
  description.architecture.n_components = members.front().n_components;
  description.training = training_json(store, size, kind, members);
  return description;
}

/// Validation macro F1 of each member alone, as if the model had no other; NaN without validation cells.
std::vector<double> member_scores(const store::Store& store, nn::ModelDescription description, int threads,
                                  const std::filesystem::path& model) {
  const std::vector<std::string> files = description.members;
  std::vector<double> scores;
  for (const std::string& file : files) {
    description.members = {file};
    scores.push_back(train::write_description_with_metrics(model, description, store, threads));
  }
  return scores;
}

/// Writes the model directory and puts the scores into the result.
void write_model(const store::Store& store, nn::ModelDescription description, std::span<const FinishedMember> members,
                 int threads, core::StagedOutput& staged, BaselineResult& result) {
  const std::filesystem::path& model = staged.path();
  std::filesystem::create_directories(model);
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::filesystem::copy_file(members[i].weights, model / description.members[i]);
  }
  const std::vector<double> scores = member_scores(store, description, threads, model);
  result.val_macro_f1 = scores.front();
  for (std::size_t i = 0; i < members.size(); ++i) {
    result.members.push_back({members[i].seed, members[i].seconds, members[i].facts, scores[i]});
    result.seconds += members[i].seconds;
    if (members.size() > 1) {
      description.training["members"][i]["best_val_macro_f1"] = core::json_number(scores[i]);
    }
  }
  if (members.size() > 1) {
    result.val_macro_f1 = train::write_description_with_metrics(model, description, store, threads);
  }
  staged.commit();
}

}  // namespace

void BaselineOptions::validate() const {
  SCTAB_ASSERT(!nn::is_network(kind));
  const auto refuse = [&](bool given, std::string_view option, std::string_view of) {
    if (!given) return;
    throw core::InputError(
        fmt::format("{}: is an option of {}, and the model is {}; leave it out", option, of, nn::name(kind)));
  };
  const bool is_xgboost = kind == ModelKind::kXgboost;
  refuse(library_defaults && !is_xgboost, "--preset defaults", "xgboost");
  refuse(rounds.has_value() && !is_xgboost, "--rounds", "xgboost");
  refuse(eta.has_value() && !is_xgboost, "--eta", "xgboost");
  refuse(max_depth.has_value() && !is_xgboost, "--max-depth", "xgboost");
  refuse(subsample.has_value() && !is_xgboost, "--subsample", "xgboost");
  if (is_xgboost) xgboost_options(*this).validate();
  if (members < 1) throw core::InputError(fmt::format("--members is {}, expected at least 1", members));
  if (members > 1 && kind == ModelKind::kCentroid) {
    throw core::InputError(
        "--members: mean profiles are the same with every seed, so that an ensemble of centroid models is one of "
        "them; leave it out");
  }
  refuse(n_components.has_value() && !nn::uses_components(kind), "--components", "models on principal components");
  pca_options(*this, seed).validate();
}

BaselineResult train_baseline(const store::Store& store, const BaselineOptions& options,
                              const std::filesystem::path& out) {
  options.validate();
  const train::CorpusSize size = train::corpus_size(store);
  train::check_corpus(size, store.directory().string());
  const train::LockedRunFolder folder = train::open_run_folder(out, options.resume, options.members);
  core::StagedOutput staged(out);
  register_models();
  nn::set_torch_threads(options.threads);

  std::vector<FinishedMember> members;
  try {
    members = run_members(store, size, options, folder);
  } catch (...) {
    std::error_code ignored;  // before a member is finished nothing of value lies there
    if (!folder.has_any_checkpoint()) std::filesystem::remove_all(folder.path, ignored);
    throw;
  }
  BaselineResult result;
  write_model(store, describe(store, size, options.kind, members, staged.target().filename().string()), members,
              options.threads, staged, result);
  std::error_code ignored;
  std::filesystem::remove_all(folder.path, ignored);
  return result;
}

}  // namespace sctab::baselines
