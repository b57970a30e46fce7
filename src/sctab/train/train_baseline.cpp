#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/train/model_output.hpp"
#include "sctab/train/plan.hpp"
#include "sctab/train/run_folder.hpp"
#include "sctab/train/train_kinds.hpp"

namespace sctab::train {
namespace {

using core::InputError;
using model::ModelKind;
using nlohmann::json;

/// A trained member that waits in its run's folder for the others.
struct FinishedMember {
  std::filesystem::path weights;
  std::int64_t n_components = 0;  // for models that see principal components
  std::uint64_t seed = 1;
  double seconds = 0;  // that its training took
  json facts;          // about the training
};

constexpr const char* kNoteName = "baseline";

/// What keep_finished() noted. A checkpoint of a network's training has no such thing.
json read_note(const std::filesystem::path& path) {
  json note;
  try {
    const auto bytes = model::ModelArrays::read(path).bytes(kNoteName);
    note = core::parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, {});
  } catch (const InputError&) {
    note = nullptr;
  }
  if (note.is_object() && note.value("identity", json()).is_object()) return note;
  refuse_damaged(path, "is not a checkpoint of a baseline, or damaged");
}

void require_whole(const RunFolder& folder, const json& expected) {
  const std::filesystem::path weights = folder.best_weights();
  const char* found = nullptr;
  if (!std::filesystem::is_regular_file(weights)) {
    found = "is missing, although its training has finished";
  } else if (model::fingerprint(weights) != expected) {
    found = "is not what its finished training wrote (size or SHA-256 differs)";
  }
  if (found == nullptr) return;
  throw InputError({.file = weights.string(),
                    .found = found,
                    .next_step = fmt::format("remove the folder {} to train this member again; the others are kept",
                                             folder.path.string())});
}

/// The member that an earlier process finished, if it did. identity: what it is trained on and how. Throws InputError
/// where what lies there is of another run, or damaged.
std::optional<FinishedMember> find_finished(const RunFolder& folder, const json& identity) {
  if (!folder.has_checkpoint()) return std::nullopt;
  const json note = read_note(folder.checkpoint());
  require_same_run(folder.checkpoint(), note.at("identity"), identity);
  const auto refuse = [&folder] {
    refuse_damaged(folder.checkpoint(),
                   "does not say how the training ended, as this sctab notes it: it is damaged or of another version");
  };
  FinishedMember member;
  json weights;
  try {
    const core::JsonFields fields(note, {});
    member = {folder.best_weights(), fields.get<std::int64_t>("n_components"), identity.at("seed"),
              fields.get<double>("seconds"), note.at("facts")};
    weights = note.at("weights");
  } catch (const json::exception&) {
    refuse();
  } catch (const InputError&) {
    refuse();
  }
  require_whole(folder, weights);
  return member;
}

/// Writes a member: its weights, then the note that it is finished, with their size and hash.
void keep_finished(const RunFolder& folder, const json& identity, const Fitted& fitted, double seconds) {
  fitted.arrays.write(folder.best_weights());
  const std::string note = json({{"identity", identity},
                                 {"weights", model::fingerprint(folder.best_weights())},
                                 {"n_components", fitted.n_components},
                                 {"seconds", seconds},
                                 {"facts", fitted.facts}})
                               .dump();
  model::ModelArrays arrays;
  arrays.add_bytes(kNoteName, {note.begin(), note.end()});
  arrays.write(folder.checkpoint());
}

/// What decides a member's weights.
json identity_of(const Corpus& corpus, const TrainOptions& options) {
  json identity = {{"kind", model::name(*options.kind)}, {"store", corpus.store.hash()}, {"seed", corpus.seed}};
  identity.update(to_json(options));
  identity.erase("members");  // an ensemble may grow
  return identity;
}

/// Trains the member, or finds it finished. number: from 1.
FinishedMember run_member(const Corpus& corpus, const TrainOptions& options, Fit& fit, const RunFolder& folder,
                          int number) {
  const json identity = identity_of(corpus, options);
  if (auto finished = find_finished(folder, identity)) {
    spdlog::info("{}: already finished", folder.path.string());
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
  throw InputError(
      {.subject = "--members",
       .found = fmt::format("{} principal components in the first and {} in member {}", first, last, members.size()),
       .expected = "the same number in each",
       .next_step = "give fewer with --components"});
}

/// All members, one after the other. Throws Interrupted, which says how to go on where that saves any work.
std::vector<FinishedMember> run_members(const store::Store& store, const CorpusSize& size, const TrainOptions& options,
                                        Fit& fit, const RunFolder& folder) try {
  const auto n_members = static_cast<int>(options.members.value_or(1));
  std::vector<FinishedMember> members;
  for (int number = 1; number <= n_members; ++number) {
    const Corpus corpus{store, size, options.threads, member_seed(options.seed, number)};
    if (n_members > 1) {
      spdlog::info("member {} of {}: {}, seed {}", number, n_members, model::name(*options.kind), corpus.seed);
    }
    members.push_back(run_member(corpus, options, fit, folder.member_of(n_members, number), number));
    require_same_components(members);
  }
  return members;
} catch (const core::Interrupted&) {
  if (!folder.has_any_checkpoint()) throw;
  throw core::Interrupted(fmt::format("interrupted; --resume trains the remaining members ({})", folder.path.string()));
}

json training_json(const store::Store& store, const CorpusSize& size, ModelKind kind,
                   std::span<const FinishedMember> members) {
  json facts = corpus_json(store, size);
  if (members.size() == 1) {
    facts["seed"] = members.front().seed;
    facts["baseline"] = members.front().facts;
    return facts;
  }
  for (const FinishedMember& member : members) {
    facts["members"].push_back({{"kind", model::name(kind)}, {"seed", member.seed}, {"baseline", member.facts}});
  }
  return facts;
}

model::ModelDescription describe(const store::Store& store, const CorpusSize& size, ModelKind kind,
                                 std::span<const FinishedMember> members, std::string name) {
  model::ModelDescription description = describe_store(store, std::move(name), members.size());
  description.architecture.kind = kind;
  description.architecture.n_genes = size.n_genes;
  description.architecture.n_types = size.n_types();
  description.architecture.n_components = members.front().n_components;
  description.training = training_json(store, size, kind, members);
  return description;
}

/// Validation macro F1 of each member alone, as if the model had no other; NaN without validation cells.
std::vector<double> member_scores(const store::Store& store, model::ModelDescription description, int threads,
                                  const std::filesystem::path& model) {
  const std::vector<std::string> files = description.members;
  std::vector<double> scores;
  for (const std::string& file : files) {
    description.members = {file};
    scores.push_back(write_description_with_metrics(model, description, store, threads));
  }
  return scores;
}

/// Writes the model directory and puts the scores into the result.
void write_model(const store::Store& store, model::ModelDescription description,
                 std::span<const FinishedMember> members, int threads, core::StagedFolder& staged,
                 TrainResult& result) {
  const std::filesystem::path& model = staged.path();
  std::filesystem::create_directories(model);
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::filesystem::copy_file(members[i].weights, model / description.members[i]);
  }
  const std::vector<double> scores = member_scores(store, description, threads, model);
  result.best_val_macro_f1 = scores.front();
  for (const FinishedMember& member : members) result.seconds += member.seconds;
  if (members.size() == 1) {
    result.facts = members.front().facts;
  } else {
    for (std::size_t i = 0; i < members.size(); ++i) {
      result.members.push_back({.kind = result.kind,
                                .seed = members[i].seed,
                                .best_val_macro_f1 = scores[i],
                                .seconds = members[i].seconds,
                                .facts = members[i].facts});
      description.training["members"][i]["best_val_macro_f1"] = core::json_number(scores[i]);
    }
    result.best_val_macro_f1 = write_description_with_metrics(model, description, store, threads);
  }
  staged.commit();
}

}  // namespace

TrainResult train_baseline(const store::Store& store, const TrainOptions& given, Fit& fit,
                           const std::filesystem::path& out) {
  const TrainOptions options = with_baseline_defaults(given);
  const CorpusSize size = corpus_size(store);
  check_corpus(size, store.directory().string());
  LockedRunFolder folder(out, {.resume = options.resume, .overwrite = options.overwrite},
                         static_cast<int>(options.members.value_or(1)));
  core::StagedFolder staged(out, model::model_folder(), options.overwrite);
  kernels::set_threads(options.threads);

  const std::vector<FinishedMember> members = run_members(store, size, options, fit, folder);
  TrainResult result{.kind = *options.kind, .seed = options.seed};
  write_model(store, describe(store, size, result.kind, members, staged.target().filename().string()), members,
              options.threads, staged, result);
  folder.remove();
  return result;
}

}  // namespace sctab::train
