#include "sctab/train/booster.hpp"

#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <cstdlib>
#include <exception>
#include <limits>
#include <stdexcept>

#include "sctab/core/error.hpp"

namespace sctab::train {
namespace {

void check(int status) {
  if (status != 0) throw std::runtime_error(fmt::format("libxgboost: {}", XGBGetLastError()));
}

/// Brings batches to libxgboost, which asks for them through C functions that nothing may be thrown out of.
class BatchFeed {
 public:
  BatchFeed(BoosterBatches& batches, std::size_t width) : batches_(batches), width_(width) {
    check(XGProxyDMatrixCreate(&proxy_));
  }
  ~BatchFeed() { XGDMatrixFree(proxy_); }
  BatchFeed(const BatchFeed&) = delete;
  BatchFeed& operator=(const BatchFeed&) = delete;

  [[nodiscard]] DMatrixHandle proxy() const { return proxy_; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }
  static void restart(DataIterHandle feed) { static_cast<BatchFeed*>(feed)->batches_.restart(); }
  /// 1: the proxy holds the next batch; 0: there is none.
  static int next(DataIterHandle feed) {
    auto& self = *static_cast<BatchFeed*>(feed);
    if (self.error_) return 0;
    try {
      return self.hand_over() ? 1 : 0;
    } catch (...) {
      self.error_ = std::current_exception();
      return 0;
    }
  }

 private:
  bool hand_over() {
    if (!batches_.next(batch_)) return false;
    const std::size_t n_rows = batch_.labels.size();
    SCTAB_ASSERT(n_rows > 0 && batch_.rows.size() == n_rows * width_);
    // The addresses that NumPy's array interface names stay valid until the next batch is asked for.
    const std::string description =
        fmt::format(R"({{"data": [{}, true], "shape": [{}, {}], "typestr": "<f4", "version": 3}})",
                    reinterpret_cast<std::uintptr_t>(batch_.rows.data()), n_rows, width_);
    check(XGProxyDMatrixSetDataDense(proxy_, description.c_str()));
    check(XGDMatrixSetFloatInfo(proxy_, "label", batch_.labels.data(), n_rows));
    if (!batch_.weights.empty()) check(XGDMatrixSetFloatInfo(proxy_, "weight", batch_.weights.data(), n_rows));
    return true;
  }

  BoosterBatches& batches_;
  std::size_t width_;
  BoosterBatch batch_;
  DMatrixHandle proxy_ = nullptr;
  std::exception_ptr error_;
};

}  // namespace

void BoosterData::Free::operator()(void* handle) const {
  XGDMatrixFree(handle);
}

BoosterData::BoosterData(std::span<const float> rows, std::int64_t width) {
  SCTAB_ASSERT(width > 0 && std::ssize(rows) % width == 0);
  const auto n_columns = static_cast<bst_ulong>(width);
  DMatrixHandle handle = nullptr;
  check(XGDMatrixCreateFromMat(rows.data(), rows.size() / n_columns, n_columns, std::numeric_limits<float>::quiet_NaN(),
                               &handle));
  handle_.reset(handle);
}

BoosterData::BoosterData(BoosterBatches& batches, std::int64_t width, int threads, const BoosterData* quantiles_of) {
  BatchFeed feed(batches, static_cast<std::size_t>(width));
  const std::string options = fmt::format(R"({{"missing": NaN, "nthread": {}, "max_bin": 256}})", threads);
  DMatrixHandle handle = nullptr;
  const int status = XGQuantileDMatrixCreateFromCallback(&feed, feed.proxy(),
                                                         quantiles_of == nullptr ? nullptr : quantiles_of->handle(),
                                                         BatchFeed::restart, BatchFeed::next, options.c_str(), &handle);
  if (status == 0) handle_.reset(handle);
  feed.rethrow();
  check(status);
}

void Booster::Free::operator()(void* handle) const {
  XGBoosterFree(handle);
}

Booster::Booster(const std::map<std::string, std::string>& parameters, const std::vector<const BoosterData*>& cache) {
  std::vector<DMatrixHandle> handles;
  for (const BoosterData* data : cache) handles.push_back(data->handle());
  BoosterHandle handle = nullptr;
  check(XGBoosterCreate(handles.data(), handles.size(), &handle));
  handle_.reset(handle);
  for (const auto& [name, value] : parameters) check(XGBoosterSetParam(handle, name.c_str(), value.c_str()));
}

Booster::Booster(std::span<const std::uint8_t> saved) {
  BoosterHandle handle = nullptr;
  check(XGBoosterCreate(nullptr, 0, &handle));
  handle_.reset(handle);
  check(XGBoosterLoadModelFromBuffer(handle, saved.data(), saved.size()));
}

void Booster::add_round(int round, const BoosterData& train) {
  check(XGBoosterUpdateOneIter(handle_.get(), round, train.handle()));
}

double Booster::evaluate(int round, const BoosterData& data) const {
  DMatrixHandle handle = data.handle();
  const char* name = "cells";
  const char* text = nullptr;
  check(XGBoosterEvalOneIter(handle_.get(), round, &handle, &name, 1, &text));
  const std::string line = text;  // "[3]\tcells-mlogloss:0.5123"
  const std::size_t colon = line.rfind(':');
  SCTAB_ASSERT(colon != std::string::npos);
  return std::strtod(line.c_str() + colon + 1, nullptr);
}

std::vector<float> Booster::predict(const BoosterData& data) const {
  constexpr const char* kAllRounds =
      R"({"type": 0, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": true})";
  const bst_ulong* shape = nullptr;
  bst_ulong n_dimensions = 0;
  const float* values = nullptr;
  check(XGBoosterPredictFromDMatrix(handle_.get(), data.handle(), kAllRounds, &shape, &n_dimensions, &values));
  bst_ulong size = 1;
  for (bst_ulong i = 0; i < n_dimensions; ++i) size *= shape[i];
  return {values, values + size};
}

Booster Booster::first_rounds(int n) const {
  BoosterHandle handle = nullptr;
  check(XGBoosterSlice(handle_.get(), 0, n, 1, &handle));
  return Booster(handle);
}

std::vector<std::uint8_t> Booster::save() const {
  bst_ulong size = 0;
  const char* bytes = nullptr;
  check(XGBoosterSaveModelToBuffer(handle_.get(), R"({"format": "ubj"})", &size, &bytes));
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes);
  return {first, first + size};
}

}  // namespace sctab::train
