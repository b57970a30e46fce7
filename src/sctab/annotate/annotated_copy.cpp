#include "sctab/annotate/annotated_copy.hpp"

#include <chrono>
#include <utility>

#include "sctab/annotate/file_copy.hpp"
#include "sctab/core/error.hpp"

namespace sctab::annotate {
namespace {

/// Results that may wait for the copy: 64 MB. Once there are more, the caller waits for it.
constexpr std::size_t kMostWaiting = (64 << 20) / sizeof(float);

}  // namespace

AnnotatedCopy::AnnotatedCopy(const std::filesystem::path& from, std::filesystem::path to, std::int64_t n_cells)
    : to_(std::move(to)), n_cells_(n_cells) {
  copied_ = thread_.submit([from, target = to_, stop = stop_.get_token()] { duplicate_file(from, target, stop); });
}

AnnotatedCopy::~AnnotatedCopy() {
  stop_.request_stop();
}

void AnnotatedCopy::append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) {
  SCTAB_ASSERT(width > 0 && (obsm_width_ == 0 || (obsm_name_ == name && obsm_width_ == width)));
  obsm_name_ = name;
  obsm_width_ = width;
  waiting_.insert(waiting_.end(), rows.begin(), rows.end());
  const bool is_copied = !copied_.valid() || copied_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  if (is_copied || waiting_.size() > kMostWaiting) write_waiting();
}

void AnnotatedCopy::write_waiting() {
  h5ad::Appender& file = appender();
  if (!obsm_begun_ && obsm_width_ > 0) {
    file.begin_obsm(obsm_name_, n_cells_, obsm_width_);
    obsm_begun_ = true;
  }
  if (!waiting_.empty()) file.append_obsm(waiting_);
  waiting_.clear();
}

h5ad::Appender& AnnotatedCopy::appender() {
  if (copied_.valid()) copied_.get();
  if (!appender_) appender_.emplace(to_);
  return *appender_;
}

void AnnotatedCopy::put_obs(const formats::Column& column) {
  write_waiting();
  appender().put_obs(column);
}

void AnnotatedCopy::put_uns(std::string_view name, const nlohmann::json& value) {
  write_waiting();
  appender().put_uns(name, value);
}

void AnnotatedCopy::close() {
  write_waiting();
  appender().close();
}

}  // namespace sctab::annotate
