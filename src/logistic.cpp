#include "ecommerce_analytics/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "core/elementary.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "ecommerce_analytics/core/processor.hpp"

namespace ecommerce_analytics::logistic {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr std::size_t kBlockRows = 64;        // Rows that stay in the nearest cache.
constexpr std::size_t kMinSliceRows = 4'096;  // Rows whose sums make one part of all.
constexpr std::size_t kMaxSlices = 64;
constexpr std::size_t kMaxSliceSums = 1U << 24U;  // Numbers that the parts may take together.
constexpr std::size_t kTileRows = 4;
constexpr std::size_t kTileColumns = 8;

// A column is collinear if the ones before explain all but this share of its sum of squares.
constexpr double kCollinear = 1e-12;
constexpr double kLeastPivot = 1e-14;
constexpr double kSufficientDecrease = 1e-4;
constexpr double kRounding = 1e-12;  // Of the objective.
constexpr int kMaxHalvings = 50;

/// Four doubles: one instruction's worth with AVX2, two without, the same sums either way.
using Lanes [[gnu::vector_size(32)]] = double;

[[gnu::always_inline]] inline void load(Lanes& lanes, const double* values) {
  std::memcpy(&lanes, values, sizeof(Lanes));
}

[[gnu::always_inline]] inline void add(double* values, const Lanes& lanes) {
  Lanes sum;
  load(sum, values);
  sum += lanes;
  std::memcpy(values, &sum, sizeof(Lanes));
}

/// The rows as the sums read them. The parameters are the intercept, if there is one, and the
/// columns, centered and scaled; a row is padded with zeros to `width`.
template <class T>
struct Input {
  const T* values = nullptr;
  std::size_t num_rows = 0;
  std::size_t num_columns = 0;
  const std::uint8_t* y = nullptr;
  const double* sample_weight = nullptr;     ///< None: 1 each.
  std::array<double, 2> class_weight{1, 1};  ///< Times the scale of all weights.
  std::size_t first_column = 0;              ///< Parameter of the first column.
  std::size_t num_parameters = 0;
  std::size_t width = 0;
  std::vector<double> scale{};  ///< A parameter's column is x * scale - shift.
  std::vector<double> shift{};
};

/// Sums over rows at one point: of the loss, its first and its second derivatives.
struct Sums {
  double loss = 0.0;
  std::vector<double> gradient{};
  std::vector<double> gram{};  ///< width x width, the upper triangle.
};

struct Scratch {
  explicit Scratch(std::size_t width) : rows(kBlockRows * width), weighted(kBlockRows * width) {}

  std::vector<double> rows;
  std::vector<double> weighted;
};

// One body, compiled once for each path: the compiler makes vectors of it.

template <class T>
[[gnu::always_inline]] inline void load_rows(const Input<T>& input, std::size_t begin,
                                             std::size_t count, double* rows) {
  const std::size_t num_columns = input.num_columns;
  const double* scale = input.scale.data();
  const double* shift = input.shift.data();
  for (std::size_t i = 0; i < count; ++i) {
    const T* values = input.values + (begin + i) * num_columns;
    double* row = rows + i * input.width;
    row[0] = 1.0;  // Overwritten where there is no intercept.
    double* columns = row + input.first_column;
    for (std::size_t j = 0; j < num_columns; ++j) {
      columns[j] = static_cast<double>(values[j]) * scale[j] - shift[j];
    }
  }
}

[[gnu::always_inline]] inline void add_gradient(const double* rows, const double* residual,
                                                std::size_t count, std::size_t width,
                                                double* gradient) {
  for (std::size_t b = 0; b < width; b += kTileColumns) {
    Lanes low{};
    Lanes high{};
    for (std::size_t i = 0; i < count; ++i) {
      const double* row = rows + i * width + b;
      Lanes x;
      load(x, row);
      low += residual[i] * x;
      load(x, row + 4);
      high += residual[i] * x;
    }
    add(gradient + b, low);
    add(gradient + b + 4, high);
  }
}

[[gnu::always_inline]] inline void add_gram(const double* rows, const double* weighted,
                                            std::size_t count, std::size_t width,
                                            std::size_t num_parameters, double* gram) {
  for (std::size_t a = 0; a < num_parameters; a += kTileRows) {
    for (std::size_t b = a / kTileColumns * kTileColumns; b < width; b += kTileColumns) {
      Lanes low0{}, low1{}, low2{}, low3{};
      Lanes high0{}, high1{}, high2{}, high3{};
      for (std::size_t i = 0; i < count; ++i) {
        const double* left = weighted + i * width + a;
        Lanes x0;
        Lanes x1;
        load(x0, rows + i * width + b);
        load(x1, rows + i * width + b + 4);
        low0 += left[0] * x0;
        high0 += left[0] * x1;
        low1 += left[1] * x0;
        high1 += left[1] * x1;
        low2 += left[2] * x0;
        high2 += left[2] * x1;
        low3 += left[3] * x0;
        high3 += left[3] * x1;
      }
      double* out = gram + a * width + b;
      add(out, low0);
      add(out + 4, high0);
      add(out + width, low1);
      add(out + width + 4, high1);
      add(out + 2 * width, low2);
      add(out + 2 * width + 4, high2);
      add(out + 3 * width, low3);
      add(out + 3 * width + 4, high3);
    }
  }
}

template <class T>
[[gnu::always_inline]] inline void add_block(const Input<T>& input, const double* beta,
                                             std::size_t begin, std::size_t count, bool wants_gram,
                                             Scratch& scratch, Sums& sums) {
  const std::size_t width = input.width;
  double* rows = scratch.rows.data();
  load_rows(input, begin, count, rows);

  double eta[kBlockRows] = {};
  double sign[kBlockRows] = {};
  double weight[kBlockRows] = {};
  for (std::size_t i = 0; i < count; ++i) {
    Lanes low{};
    Lanes high{};
    for (std::size_t k = 0; k < width; k += 8) {
      Lanes x;
      Lanes factor;
      load(x, rows + i * width + k);
      load(factor, beta + k);
      low += x * factor;
      load(x, rows + i * width + k + 4);
      load(factor, beta + k + 4);
      high += x * factor;
    }
    low += high;
    eta[i] = (low[0] + low[1]) + (low[2] + low[3]);
    const std::uint8_t label = input.y[begin + i];
    sign[i] = label != 0 ? 1.0 : -1.0;
    weight[i] = input.class_weight[label] *
                (input.sample_weight != nullptr ? input.sample_weight[begin + i] : 1.0);
  }

  double residual[kBlockRows];
  double curvature[kBlockRows];
  double loss[kBlockRows];
  for (std::size_t i = 0; i < kBlockRows; ++i) {
    const double margin = sign[i] * eta[i];
    const double size = std::abs(margin);
    const double e = elementary::exp(-size);
    const double q = 1.0 / (1.0 + e);
    // Probability of the other label.
    const double wrong = elementary::choose(margin < 0.0, 1.0, e) * q;
    residual[i] = -sign[i] * weight[i] * wrong;
    curvature[i] = weight[i] * (e * q * q);
    loss[i] = weight[i] * (0.5 * (size - margin) + elementary::log1p_of_share(e));
  }
  Lanes total{};
  for (std::size_t i = 0; i < kBlockRows; i += 4) {
    Lanes losses;
    load(losses, loss + i);
    total += losses;
  }
  sums.loss += (total[0] + total[1]) + (total[2] + total[3]);

  add_gradient(rows, residual, count, width, sums.gradient.data());
  if (wants_gram) {
    double* weighted = scratch.weighted.data();
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < width; ++k) {
        weighted[i * width + k] = curvature[i] * rows[i * width + k];
      }
    }
    add_gram(rows, weighted, count, width, input.num_parameters, sums.gram.data());
  }
}

template <class T>
[[gnu::flatten]] void add_block_baseline(const Input<T>& input, const double* beta,
                                         std::size_t begin, std::size_t count, bool wants_gram,
                                         Scratch& scratch, Sums& sums) {
  add_block(input, beta, begin, count, wants_gram, scratch, sums);
}

#ifdef __x86_64__
template <class T>
[[gnu::flatten, gnu::target("avx2")]] void add_block_avx2(const Input<T>& input, const double* beta,
                                                          std::size_t begin, std::size_t count,
                                                          bool wants_gram, Scratch& scratch,
                                                          Sums& sums) {
  add_block(input, beta, begin, count, wants_gram, scratch, sums);
}
#else
template <class T>
constexpr auto add_block_avx2 = add_block_baseline<T>;
#endif

/// How the rows are cut into parts: by the shape of X alone, never by the number of threads.
struct Slices {
  std::size_t num_slices = 1;
  std::size_t num_rows = 0;  ///< Of each but the last.

  Slices(std::size_t all_rows, std::size_t sums_of_one) {
    const std::size_t most = std::clamp(kMaxSliceSums / sums_of_one, std::size_t{1}, kMaxSlices);
    const std::size_t wanted = (all_rows + kMinSliceRows - 1) / kMinSliceRows;
    const std::size_t rows = (all_rows + std::min(wanted, most) - 1) / std::min(wanted, most);
    num_rows = (rows + kBlockRows - 1) / kBlockRows * kBlockRows;
    num_slices = (all_rows + num_rows - 1) / num_rows;
  }
};

/// Calls `work(slice, begin, end)` for each slice, on several threads.
template <class Work>
void for_each_slice(const Slices& slices, std::size_t all_rows, int num_threads, const Work& work) {
  const int most = static_cast<int>(std::min<std::size_t>(slices.num_slices, 1024));
  parallel_for(slices.num_slices, std::min(num_threads, most),
               [&](std::size_t, std::size_t first, std::size_t last) {
                 for (std::size_t slice = first; slice < last; ++slice) {
                   const std::size_t begin = slice * slices.num_rows;
                   work(slice, begin, std::min(all_rows, begin + slices.num_rows));
                 }
               });
}

template <class T>
Sums sums_at(const Input<T>& input, const std::vector<double>& beta, bool wants_gram,
             int num_threads) {
  const std::size_t width = input.width;
  const Slices slices(input.num_rows, width * width);
  const auto add =
      processor_path() == ProcessorPath::avx2 ? add_block_avx2<T> : add_block_baseline<T>;
  std::vector<Sums> parts(slices.num_slices);
  for_each_slice(slices, input.num_rows, num_threads,
                 [&](std::size_t slice, std::size_t begin, std::size_t end) {
                   Sums& part = parts[slice];
                   part.gradient.resize(width);
                   part.gram.resize(wants_gram ? width * width : 0);
                   Scratch scratch(width);
                   for (std::size_t row = begin; row < end; row += kBlockRows) {
                     poll_interrupt();
                     add(input, beta.data(), row, std::min(kBlockRows, end - row), wants_gram,
                         scratch, part);
                   }
                 });
  Sums sums = std::move(parts[0]);
  for (std::size_t slice = 1; slice < parts.size(); ++slice) {
    const Sums& part = parts[slice];
    sums.loss += part.loss;
    for (std::size_t k = 0; k < width; ++k) {
      sums.gradient[k] += part.gradient[k];
    }
    for (std::size_t k = 0; k < sums.gram.size(); ++k) {
      sums.gram[k] += part.gram[k];
    }
  }
  return sums;
}

std::string column_name(const Options& options, std::size_t column) {
  return options.feature_names.empty() ? std::to_string(column) : options.feature_names[column];
}

/// Least, greatest and mean value of each column over the rows that count.
struct Extent {
  std::vector<double> least{};
  std::vector<double> greatest{};
  std::vector<double> mean{};
};

template <class T>
[[noreturn]] void throw_not_finite(MatrixView<T> X, const Options& options) {
  for (std::size_t row = 0; row < X.num_rows(); ++row) {
    for (std::size_t column = 0; column < X.num_columns(); ++column) {
      const double value = static_cast<double>(X.row(row)[column]);
      if (!std::isfinite(value)) {
        throw Error(ErrorCode::invalid_data, "logistic: X must be finite",
                    {.row = static_cast<std::int64_t>(row) + 1,
                     .column = column_name(options, column),
                     .value = std::isnan(value) ? "NaN"
                              : value > 0.0     ? "inf"
                                                : "-inf"});
      }
    }
  }
  throw Error(ErrorCode::invalid_data, "logistic: X must be finite");
}

template <class T>
Extent extent_of(MatrixView<T> X, const Input<T>& input, double sum_of_weights,
                 const Options& options, int num_threads) {
  constexpr double kDown = 0x1p-64;  // Keeps sums of the greatest doubles in range.
  struct Part {
    std::vector<double> least, greatest, sum, probe;
  };
  const std::size_t num_columns = input.num_columns;
  const Slices slices(input.num_rows, num_columns);
  std::vector<Part> parts(slices.num_slices);
  for_each_slice(slices, input.num_rows, num_threads,
                 [&](std::size_t slice, std::size_t begin, std::size_t end) {
                   Part part{.least = std::vector<double>(num_columns, kInfinity),
                             .greatest = std::vector<double>(num_columns, -kInfinity),
                             .sum = std::vector<double>(num_columns),
                             .probe = std::vector<double>(num_columns)};
                   for (std::size_t row = begin; row < end; ++row) {
                     if ((row - begin) % 1024 == 0) {
                       poll_interrupt();
                     }
                     const T* values = input.values + row * num_columns;
                     const double weight =
                         input.class_weight[input.y[row]] *
                         (input.sample_weight != nullptr ? input.sample_weight[row] : 1.0);
                     double* probe = part.probe.data();
                     double* sum = part.sum.data();
                     double* least = part.least.data();
                     double* greatest = part.greatest.data();
                     if (weight == 0.0) {
                       for (std::size_t j = 0; j < num_columns; ++j) {
                         probe[j] += static_cast<double>(values[j]) * 0.0;
                       }
                       continue;
                     }
                     const double down = weight * kDown;
                     for (std::size_t j = 0; j < num_columns; ++j) {
                       const double value = static_cast<double>(values[j]);
                       probe[j] += value * 0.0;  // NaN for NaN and infinity.
                       sum[j] += down * value;
                       least[j] = value < least[j] ? value : least[j];
                       greatest[j] = value > greatest[j] ? value : greatest[j];
                     }
                   }
                   parts[slice] = std::move(part);
                 });
  Extent extent{.least = std::move(parts[0].least),
                .greatest = std::move(parts[0].greatest),
                .mean = std::vector<double>(num_columns)};
  for (std::size_t j = 0; j < num_columns; ++j) {
    double sum = 0.0;
    double probe = 0.0;
    for (std::size_t slice = 0; slice < parts.size(); ++slice) {
      sum += parts[slice].sum[j];
      probe += parts[slice].probe[j];
      if (slice > 0) {
        extent.least[j] = std::min(extent.least[j], parts[slice].least[j]);
        extent.greatest[j] = std::max(extent.greatest[j], parts[slice].greatest[j]);
      }
    }
    if (std::isnan(probe)) {
      throw_not_finite(X, options);
    }
    extent.mean[j] = std::clamp(sum / sum_of_weights / kDown, extent.least[j], extent.greatest[j]);
  }
  return extent;
}

/// The greatest power of two that is not above `value`, of which its reciprocal is a double.
double power_of_two(double value) {
  return std::ldexp(1.0, std::clamp(std::ilogb(value), -1000, 1000));
}

/// Centers and scales: columns then lie in [-1, 1], or less where a penalty limits the scale.
template <class T>
void set_scales(const Extent& extent, const Options& options, Input<T>& input) {
  const std::size_t num_columns = input.num_columns;
  input.scale.assign(num_columns, 1.0);
  input.shift.assign(num_columns, 0.0);
  for (std::size_t j = 0; j < num_columns; ++j) {
    const double center = options.fit_intercept ? extent.mean[j] : 0.0;
    const double half_reach =
        std::max(0.5 * extent.greatest[j] - 0.5 * center, 0.5 * center - 0.5 * extent.least[j]);
    if (extent.least[j] == extent.greatest[j] && options.fit_intercept) {
      input.shift[j] = extent.least[j];
    } else if (half_reach > 0.0) {
      input.scale[j] = 0.25 / power_of_two(half_reach);
      input.shift[j] = center * input.scale[j];
    }
  }
}

/// Upper triangular factor of a matrix whose diagonal is made 1 first.
class Factor {
 public:
  /// @param gram      Rows of `width` values, the upper triangle of `size` of them.
  /// @param dependent Gets the parameters that the ones before explain.
  Factor(const std::vector<double>& gram, std::size_t width, std::size_t size,
         std::vector<std::size_t>* dependent = nullptr)
      : size_(size), upper_(size * size), equalize_(size) {
    for (std::size_t k = 0; k < size; ++k) {
      const double diagonal = gram[k * width + k];
      equalize_[k] = diagonal > 0.0 ? 1.0 / std::sqrt(diagonal) : 0.0;
    }
    for (std::size_t k = 0; k < size; ++k) {
      for (std::size_t l = k; l < size; ++l) {
        upper_[k * size + l] = gram[k * width + l] * equalize_[k] * equalize_[l];
      }
    }
    for (std::size_t k = 0; k < size; ++k) {
      double* row = upper_.data() + k * size;
      if (dependent != nullptr && !(row[k] > kCollinear)) {
        dependent->push_back(k);
        std::fill(row + k, row + size, 0.0);
        row[k] = 1.0;
        continue;
      }
      const double root = std::sqrt(std::max(row[k], kLeastPivot));
      row[k] = root;
      for (std::size_t l = k + 1; l < size; ++l) {
        row[l] /= root;
      }
      for (std::size_t m = k + 1; m < size; ++m) {
        const double factor = row[m];
        double* below = upper_.data() + m * size;
        for (std::size_t l = m; l < size; ++l) {
          below[l] -= factor * row[l];
        }
      }
      if (k % 64 == 63) {
        poll_interrupt();
      }
    }
  }

  /// Solves for the right side and returns the square of its length in the metric of the inverse.
  double solve(std::vector<double>& values) const {
    double square = 0.0;
    for (std::size_t k = 0; k < size_; ++k) {
      values[k] *= equalize_[k];
    }
    for (std::size_t k = 0; k < size_; ++k) {
      const double* row = upper_.data() + k * size_;
      values[k] /= row[k];
      square += values[k] * values[k];
      for (std::size_t l = k + 1; l < size_; ++l) {
        values[l] -= row[l] * values[k];
      }
    }
    for (std::size_t k = size_; k-- > 0;) {
      const double* row = upper_.data() + k * size_;
      double value = values[k];
      for (std::size_t l = k + 1; l < size_; ++l) {
        value -= row[l] * values[l];
      }
      values[k] = value / row[k];
    }
    for (std::size_t k = 0; k < size_; ++k) {
      values[k] *= equalize_[k];
    }
    return square;
  }

 private:
  std::size_t size_;
  std::vector<double> upper_;
  std::vector<double> equalize_;
};

/// What the rows say of a direction and of each column alone, over rows that count. The margin of
/// a row is how far it lies on the side of its own class.
struct Margins {
  explicit Margins(std::size_t num_columns) {
    for (const std::size_t label : {0U, 1U}) {
      least[label].assign(num_columns, kInfinity);
      greatest[label].assign(num_columns, -kInfinity);
    }
  }

  double least_of_fit = kInfinity;
  double least_of_step = kInfinity;
  double greatest_of_step = -kInfinity;
  std::array<std::vector<double>, 2> least{};  ///< Of each column, by class.
  std::array<std::vector<double>, 2> greatest{};

  void merge(const Margins& other) {
    least_of_fit = std::min(least_of_fit, other.least_of_fit);
    least_of_step = std::min(least_of_step, other.least_of_step);
    greatest_of_step = std::max(greatest_of_step, other.greatest_of_step);
    for (const std::size_t label : {0U, 1U}) {
      for (std::size_t j = 0; j < least[label].size(); ++j) {
        least[label][j] = std::min(least[label][j], other.least[label][j]);
        greatest[label][j] = std::max(greatest[label][j], other.greatest[label][j]);
      }
    }
  }
};

template <class T>
Margins margins_of(const Input<T>& input, const std::vector<double>& beta,
                   const std::vector<double>& step, int num_threads) {
  const Slices slices(input.num_rows, 4 * input.num_columns);
  std::vector<Margins> parts(slices.num_slices, Margins(input.num_columns));
  for_each_slice(slices, input.num_rows, num_threads,
                 [&](std::size_t slice, std::size_t begin, std::size_t end) {
                   Margins& part = parts[slice];
                   for (std::size_t row = begin; row < end; ++row) {
                     if ((row - begin) % 1024 == 0) {
                       poll_interrupt();
                     }
                     const std::uint8_t label = input.y[row];
                     if (input.class_weight[label] == 0.0 ||
                         (input.sample_weight != nullptr && input.sample_weight[row] == 0.0)) {
                       continue;
                     }
                     double of_fit = input.first_column == 1 ? beta[0] : 0.0;
                     double of_step = input.first_column == 1 ? step[0] : 0.0;
                     for (std::size_t j = 0; j < input.num_columns; ++j) {
                       const auto x =
                           static_cast<double>(input.values[row * input.num_columns + j]);
                       const double scaled = x * input.scale[j] - input.shift[j];
                       of_fit += scaled * beta[input.first_column + j];
                       of_step += scaled * step[input.first_column + j];
                       part.least[label][j] = std::min(part.least[label][j], x);
                       part.greatest[label][j] = std::max(part.greatest[label][j], x);
                     }
                     const double sign = label != 0 ? 1.0 : -1.0;
                     part.least_of_fit = std::min(part.least_of_fit, sign * of_fit);
                     part.least_of_step = std::min(part.least_of_step, sign * of_step);
                     part.greatest_of_step = std::max(part.greatest_of_step, sign * of_step);
                   }
                 });
  for (std::size_t slice = 1; slice < parts.size(); ++slice) {
    parts[0].merge(parts[slice]);
  }
  return std::move(parts[0]);
}

/// Whether one column alone tells the classes apart.
Separation separation_by(const Margins& margins, std::size_t column, bool fit_intercept) {
  const double least0 = margins.least[0][column];
  const double least1 = margins.least[1][column];
  const double greatest0 = margins.greatest[0][column];
  const double greatest1 = margins.greatest[1][column];
  if (!fit_intercept) {  // The border is at 0.
    const double rising = std::min(-greatest0, least1);
    const double falling = std::min(least0, -greatest1);
    return std::max(rising, falling) > 0.0    ? Separation::complete
           : std::max(rising, falling) == 0.0 ? Separation::quasi_complete
                                              : Separation::none;
  }
  return greatest0 < least1 || greatest1 < least0     ? Separation::complete
         : greatest0 <= least1 || greatest1 <= least0 ? Separation::quasi_complete
                                                      : Separation::none;
}

/// Weights of the rows, added up by class.
struct Weights {
  std::array<double, 2> sums{};    ///< By class, those of the classes included.
  std::array<double, 2> scaled{};  ///< Of each class, times `scale`.
  double scale = 1.0;              ///< A power of two.
  double num_effective = 0.0;      ///< Square of the sum / sum of squares.
  std::int64_t num_rows = 0;       ///< With a weight above 0.
};

Weights weights_of(std::span<const std::uint8_t> y, std::span<const double> sample_weight,
                   const Options& options) {
  const std::array<double, 2> class_weight =
      options.class_weight.value_or(std::array<double, 2>{1.0, 1.0});
  double greatest = sample_weight.empty() ? 1.0 : 0.0;
  for (std::size_t row = 0; row < y.size(); ++row) {
    if (y[row] > 1) {
      throw Error(ErrorCode::invalid_data, "logistic: y must be 0 or 1",
                  {.row = static_cast<std::int64_t>(row) + 1,
                   .column = "y",
                   .value = std::to_string(y[row])});
    }
    if (!sample_weight.empty()) {
      const double weight = sample_weight[row];
      if (!(weight >= 0.0 && weight < kInfinity)) {
        throw Error(ErrorCode::invalid_data,
                    "logistic: a sample_weight must be finite and not negative",
                    {.row = static_cast<std::int64_t>(row) + 1,
                     .column = "sample_weight",
                     .value = to_text(weight)});
      }
      greatest = std::max(greatest, weight);
    }
  }
  require(greatest > 0.0, ErrorCode::invalid_data, "logistic: all of sample_weight is 0");

  Weights weights;
  const double class_scale = 1.0 / power_of_two(std::max(class_weight[0], class_weight[1]));
  const double sample_scale = 1.0 / power_of_two(greatest);
  std::array<std::int64_t, 2> num_rows{};
  std::array<double, 2> sums{};
  std::array<double, 2> squares{};
  if (sample_weight.empty()) {
    std::int64_t num_ones = 0;
    for (const std::uint8_t label : y) {
      num_ones += label;
    }
    num_rows = {static_cast<std::int64_t>(y.size()) - num_ones, num_ones};
    sums = {static_cast<double>(num_rows[0]), static_cast<double>(num_rows[1])};
    squares = sums;
  }
  for (std::size_t row = 0; row < sample_weight.size(); ++row) {
    const double weight = sample_weight[row] * sample_scale;
    num_rows[y[row]] += weight > 0.0 ? 1 : 0;
    sums[y[row]] += weight;
    squares[y[row]] += weight * weight;
  }
  double square = 0.0;
  for (const std::size_t label : {0U, 1U}) {
    const double scaled = class_weight[label] * class_scale;
    weights.sums[label] = sums[label] * scaled;
    weights.scaled[label] = scaled * sample_scale;
    weights.num_rows += scaled > 0.0 ? num_rows[label] : 0;
    square += squares[label] * scaled * scaled;
  }
  for (const std::size_t label : {0U, 1U}) {
    require(weights.sums[label] > 0.0, ErrorCode::invalid_data,
            "logistic: there must be rows of both classes, with a weight; there is only class",
            std::to_string(1 - label));
  }
  weights.scale = class_scale * sample_scale;
  require(std::isfinite(4.0 * (weights.sums[0] + weights.sums[1]) / weights.scale),
          ErrorCode::invalid_data, "logistic: the weights add up beyond the range of a double");
  const double sum = weights.sums[0] + weights.sums[1];
  weights.num_effective = sum / square * sum;
  return weights;
}

void check_options(const Options& options, std::size_t num_columns) {
  require(options.C > 0.0, ErrorCode::invalid_argument, "logistic: C must be above 0",
          to_text(options.C));
  require(options.max_iter >= 1, ErrorCode::invalid_argument,
          "logistic: max_iter must be at least 1", std::to_string(options.max_iter));
  require(options.tol > 0.0, ErrorCode::invalid_argument, "logistic: tol must be above 0",
          to_text(options.tol));
  if (options.class_weight) {
    for (const double weight : *options.class_weight) {
      require(weight >= 0.0 && weight < kInfinity, ErrorCode::invalid_argument,
              "logistic: a class_weight must be finite and not negative", to_text(weight));
    }
    require((*options.class_weight)[0] + (*options.class_weight)[1] > 0.0,
            ErrorCode::invalid_argument, "logistic: a class_weight must be above 0");
  }
  require(options.feature_names.empty() || options.feature_names.size() == num_columns,
          ErrorCode::schema_mismatch, "logistic: there must be a feature name for each column",
          std::to_string(options.feature_names.size()));
}

/// The Newton steps.
template <class T>
class Fitter {
 public:
  Fitter(const Input<T>& input, const Weights& weights, const Options& options)
      : input_(input),
        weights_(weights),
        options_(options),
        num_threads_(resolve_num_threads(options.num_threads)),
        penalty_(input.width) {
    if (options.C < kInfinity) {
      for (std::size_t j = 0; j < input.num_columns; ++j) {
        const double scale = input.scale[j];
        penalty_[input.first_column + j] =
            std::min(scale / options.C * weights.scale * scale, 1e280);
      }
    }
  }

  Result run() {
    std::vector<double> beta(input_.width);
    Sums sums = sums_of(beta, true);
    std::vector<std::size_t> dependent;
    Factor factor(sums.gram, input_.width, input_.num_parameters,
                  options_.C < kInfinity ? nullptr : &dependent);
    refuse_collinear(dependent);

    Result result;
    std::vector<double> step;
    double length = newton_step(factor, sums, step);
    bool is_stuck = false;
    while (result.n_iter < options_.max_iter && !result.converged && !is_stuck) {
      ++result.n_iter;
      // So near, one more step converges: its second derivatives are needed for nothing else.
      const bool is_last = length <= kNear && has_penalty();
      is_stuck = !advance(beta, step, length, sums, !is_last);
      if (is_last) {
        length = newton_step(factor, sums, step);
        if (length > options_.tol) {
          sums = sums_of(beta, true);
        }
      }
      if (!sums.gram.empty()) {
        factor = Factor(sums.gram, input_.width, input_.num_parameters);
        length = newton_step(factor, sums, step);
      }
      // Where there is no best fit, steps stay long however little is left to gain.
      const bool is_diverging = !has_penalty() && reach_of(step) >= 0.5;
      result.converged = length <= options_.tol && !is_diverging;
      if (is_diverging && length <= kLittleGain) {
        find_separation(beta, step, result);
        is_stuck = is_stuck || result.separation != Separation::none;
      }
    }
    if (!result.converged && !has_penalty() && result.separation == Separation::none) {
      find_separation(beta, step, result);
    }
    set_standard_errors(factor, result);
    finish(beta, sums, result);
    return result;
  }

 private:
  static constexpr double kNear = 1e-5;
  static constexpr double kLittleGain = 1e-2;
  static constexpr double kNoMargin = 1e-6;  // Of the greatest one.
  static constexpr double kGrows = 1e-2;     // Likewise.

  [[nodiscard]] bool has_penalty() const { return options_.C < kInfinity; }

  /// The sums with the penalty in them.
  Sums sums_of(const std::vector<double>& beta, bool wants_gram) const {
    Sums sums = sums_at(input_, beta, wants_gram, num_threads_);
    for (std::size_t k = 0; k < input_.num_parameters; ++k) {
      sums.loss += 0.5 * penalty_[k] * beta[k] * beta[k];
      sums.gradient[k] += penalty_[k] * beta[k];
      if (wants_gram) {
        sums.gram[k * input_.width + k] += penalty_[k];
      }
    }
    return sums;
  }

  void refuse_collinear(const std::vector<std::size_t>& dependent) const {
    std::string names;
    for (const std::size_t parameter : dependent) {
      names += names.empty() ? "" : ", ";
      names += column_name(options_, parameter - input_.first_column);
    }
    require(dependent.empty(), ErrorCode::invalid_data,
            options_.fit_intercept
                ? "logistic: without a penalty no column may be a combination of the intercept and "
                  "the columns before it"
                : "logistic: without a penalty no column may be a combination of those before it",
            names);
  }

  /// Greatest change of a row's log odds, or more: columns lie in [-1, 1].
  static double reach_of(const std::vector<double>& step) {
    double reach = 0.0;
    for (const double value : step) {
      reach += std::abs(value);
    }
    return reach;
  }

  /// Looks for a direction in which no row comes nearer to the other class.
  void find_separation(const std::vector<double>& beta, const std::vector<double>& step,
                       Result& result) const {
    const Margins margins = margins_of(input_, beta, step, num_threads_);
    for (std::size_t j = 0; j < input_.num_columns; ++j) {
      const Separation alone = separation_by(margins, j, options_.fit_intercept);
      if (alone != Separation::none) {
        result.separating.push_back(j);
        result.separation = std::max(result.separation, alone);
      }
    }
    const bool is_border_free = margins.least_of_step >= -kNoMargin * margins.greatest_of_step &&
                                margins.greatest_of_step > 0.0;
    if (margins.least_of_fit > 0.0) {
      result.separation = Separation::complete;
    } else if (is_border_free) {
      result.separation = std::max(result.separation, Separation::quasi_complete);
    }
    if (result.separation == Separation::none || !result.separating.empty()) {
      return;
    }
    // No column alone: those whose coefficients grow.
    double greatest = 0.0;
    for (std::size_t j = 0; j < input_.num_columns; ++j) {
      greatest = std::max(greatest, std::abs(step[input_.first_column + j]));
    }
    for (std::size_t j = 0; j < input_.num_columns; ++j) {
      if (std::abs(step[input_.first_column + j]) >= kGrows * greatest) {
        result.separating.push_back(j);
      }
    }
  }

  /// From the inverse of the second derivatives at the fit, in units of the input.
  void set_standard_errors(const Factor& factor, Result& result) const {
    if (has_penalty()) {
      result.inference_note = "none: a penalty shrinks the coefficients";
    } else if (options_.class_weight) {
      result.inference_note = "none: class weights are no counts of rows";
    } else if (!result.converged) {
      result.inference_note = "none: the fit did not converge";
    }
    if (!result.inference_note.empty()) {
      return;
    }
    std::vector<double> combination(input_.num_parameters);
    if (options_.fit_intercept) {
      combination[0] = 1.0;
      for (std::size_t j = 0; j < input_.num_columns; ++j) {
        combination[1 + j] = -input_.shift[j];
      }
      result.standard_errors.push_back(std::sqrt(factor.solve(combination) * weights_.scale));
    }
    for (std::size_t j = 0; j < input_.num_columns; ++j) {
      combination.assign(input_.num_parameters, 0.0);
      combination[input_.first_column + j] = 1.0;
      result.standard_errors.push_back(std::sqrt(factor.solve(combination) * weights_.scale) *
                                       input_.scale[j]);
    }
  }

  /// Returns the length of the step in standard errors.
  double newton_step(const Factor& factor, const Sums& sums, std::vector<double>& step) const {
    step.assign(sums.gradient.begin(),
                sums.gradient.begin() + static_cast<std::ptrdiff_t>(input_.num_parameters));
    for (double& value : step) {
      value = -value;
    }
    return std::sqrt(factor.solve(step)) * standard_;
  }

  /// Goes along the step, or a half, a quarter of it … until the objective falls; false if it does
  /// not.
  bool advance(std::vector<double>& beta, const std::vector<double>& step, double length,
               Sums& sums, bool wants_gram) const {
    const double slope = length / standard_ * (length / standard_);
    double share = 1.0;
    for (int halving = 0; halving < kMaxHalvings; ++halving, share *= 0.5) {
      std::vector<double> next = beta;
      for (std::size_t k = 0; k < step.size(); ++k) {
        next[k] += share * step[k];
      }
      Sums there = sums_of(next, wants_gram);
      if (there.loss <= sums.loss * (1.0 + kRounding) - kSufficientDecrease * share * slope) {
        sums = std::move(there);
        beta = std::move(next);
        return true;
      }
    }
    return false;
  }

  void finish(const std::vector<double>& beta, const Sums& sums, Result& result) const {
    double penalty = 0.0;
    result.coef.resize(input_.num_columns);
    result.fit_intercept = options_.fit_intercept;
    double intercept = options_.fit_intercept ? beta[0] : 0.0;
    for (std::size_t j = 0; j < input_.num_columns; ++j) {
      const std::size_t k = input_.first_column + j;
      result.coef[j] = beta[k] * input_.scale[j];
      intercept -= beta[k] * input_.shift[j];
      penalty += 0.5 * penalty_[k] * beta[k] * beta[k];
      require(std::isfinite(result.coef[j]), ErrorCode::invalid_data,
              "logistic: a coefficient leaves the range of a double", column_name(options_, j));
    }
    result.intercept = options_.fit_intercept ? intercept : 0.0;
    require(std::isfinite(intercept), ErrorCode::invalid_data,
            "logistic: a coefficient leaves the range of a double", "intercept");
    result.num_rows = weights_.num_rows;
    result.deviance = 2.0 * std::max(0.0, sums.loss - penalty) / weights_.scale;
    const double sum = weights_.sums[0] + weights_.sums[1];
    double null_loss = 0.0;
    for (const double of_class : weights_.sums) {
      null_loss -= of_class * elementary::log(options_.fit_intercept ? of_class / sum : 0.5);
    }
    result.null_deviance = 2.0 * null_loss / weights_.scale;
  }

  const Input<T>& input_;
  const Weights& weights_;
  const Options& options_;
  int num_threads_;
  std::vector<double> penalty_;
  // Makes the length of a step that of weights which sum up to the effective number of rows.
  double standard_ = std::sqrt(weights_.num_effective / (weights_.sums[0] + weights_.sums[1]));
};

template <class T>
Result fit_rows(MatrixView<T> X, std::span<const std::uint8_t> y, const Options& options,
                std::span<const double> sample_weight) {
  check_options(options, X.num_columns());
  require(X.num_rows() > 0, ErrorCode::invalid_data, "logistic: there are no rows");
  require(X.num_columns() > 0, ErrorCode::invalid_data, "logistic: there are no columns");
  require(y.size() == X.num_rows(), ErrorCode::schema_mismatch,
          "logistic: y must have one value for each row of X", std::to_string(y.size()));
  require(sample_weight.empty() || sample_weight.size() == X.num_rows(), ErrorCode::schema_mismatch,
          "logistic: sample_weight must have one value for each row of X",
          std::to_string(sample_weight.size()));
  const int num_threads = resolve_num_threads(options.num_threads);
  const Weights weights = weights_of(y, sample_weight, options);

  Input<T> input;
  input.values = X.values().data();
  input.num_rows = X.num_rows();
  input.num_columns = X.num_columns();
  input.y = y.data();
  input.sample_weight = sample_weight.empty() ? nullptr : sample_weight.data();
  input.class_weight = weights.scaled;
  input.first_column = options.fit_intercept ? 1 : 0;
  input.num_parameters = input.first_column + input.num_columns;
  input.width = (input.num_parameters + kTileColumns - 1) / kTileColumns * kTileColumns;
  set_scales(extent_of(X, input, weights.sums[0] + weights.sums[1], options, num_threads), options,
             input);
  return Fitter<T>(input, weights, options).run();
}

/// intercept + values coef where that leaves the range of a double on the way.
template <class T>
double decide_far(const Result& fit, const T* values) {
  constexpr int kDown = 520;
  double sum = std::ldexp(fit.intercept, -2 * kDown);
  for (std::size_t j = 0; j < fit.coef.size(); ++j) {
    sum += std::ldexp(static_cast<double>(values[j]), -kDown) * std::ldexp(fit.coef[j], -kDown);
  }
  constexpr double kMost = std::numeric_limits<double>::max();
  return std::clamp(std::ldexp(sum, 2 * kDown), -kMost, kMost);
}

template <class T>
std::vector<double> decide(const Result& fit, MatrixView<T> X, int num_threads) {
  require(X.num_columns() == fit.coef.size(), ErrorCode::schema_mismatch,
          "logistic: X must have as many columns as the fit", std::to_string(X.num_columns()));
  const int threads = resolve_num_threads(num_threads);
  if (X.num_rows() == 0) {
    return {};
  }
  std::vector<double> decision(X.num_rows());
  const std::size_t num_columns = X.num_columns();
  const Slices slices(X.num_rows(), 1);
  for_each_slice(
      slices, X.num_rows(), threads, [&](std::size_t, std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
          if ((row - begin) % 1024 == 0) {
            poll_interrupt();
          }
          const T* values = X.values().data() + row * num_columns;
          double lanes[4] = {};
          std::size_t j = 0;
          for (; j + 4 <= num_columns; j += 4) {
            for (std::size_t lane = 0; lane < 4; ++lane) {
              lanes[lane] += static_cast<double>(values[j + lane]) * fit.coef[j + lane];
            }
          }
          for (; j < num_columns; ++j) {
            lanes[j % 4] += static_cast<double>(values[j]) * fit.coef[j];
          }
          decision[row] = fit.intercept + ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
          if (!std::isfinite(decision[row])) {
            if (!std::all_of(values, values + num_columns,
                             [](T value) { return std::isfinite(value); })) {
              throw_not_finite(X, {});
            }
            decision[row] = decide_far(fit, values);
          }
        }
      });
  return decision;
}

template <class T>
std::vector<double> probabilities(const Result& fit, MatrixView<T> X, int num_threads) {
  std::vector<double> decision = decide(fit, X, num_threads);
  for (double& value : decision) {
    const double e = elementary::exp(-std::abs(value));
    value = elementary::choose(value < 0.0, e, 1.0) / (1.0 + e);
  }
  return decision;
}

}  // namespace

Result fit(MatrixView<double> X, std::span<const std::uint8_t> y, const Options& options,
           std::span<const double> sample_weight) {
  return fit_rows(X, y, options, sample_weight);
}

Result fit(MatrixView<float> X, std::span<const std::uint8_t> y, const Options& options,
           std::span<const double> sample_weight) {
  return fit_rows(X, y, options, sample_weight);
}

std::vector<double> decision_function(const Result& fit, MatrixView<double> X, int num_threads) {
  return decide(fit, X, num_threads);
}

std::vector<double> decision_function(const Result& fit, MatrixView<float> X, int num_threads) {
  return decide(fit, X, num_threads);
}

std::vector<double> predict_probability(const Result& fit, MatrixView<double> X, int num_threads) {
  return probabilities(fit, X, num_threads);
}

std::vector<double> predict_probability(const Result& fit, MatrixView<float> X, int num_threads) {
  return probabilities(fit, X, num_threads);
}

Inference inference(const Result& fit, const InferenceOptions& options) {
  require(options.confidence > 0.0 && options.confidence < 1.0, ErrorCode::invalid_argument,
          "logistic: confidence must be in (0, 1)", to_text(options.confidence));
  require(options.feature_names.empty() || options.feature_names.size() == fit.coef.size(),
          ErrorCode::schema_mismatch, "logistic: there must be a feature name for each column",
          std::to_string(options.feature_names.size()));
  require(fit.standard_errors.empty() ||
              static_cast<std::int64_t>(fit.standard_errors.size()) == fit.num_parameters(),
          ErrorCode::schema_mismatch,
          "logistic: there must be a standard error for each coefficient",
          std::to_string(fit.standard_errors.size()));
  Inference table;
  table.confidence = options.confidence;
  table.deviance = fit.deviance;
  table.null_deviance = fit.null_deviance;
  table.num_fitted_rows = fit.num_rows;
  table.num_parameters = fit.num_parameters();
  table.fit_intercept = fit.fit_intercept;
  table.inference_note = fit.inference_note;
  const double reach = elementary::two_sided_normal_quantile(1.0 - options.confidence);
  std::string far;  // Names of rows with an odds ratio or a bound beyond the range.
  const auto push = [](Nullable<double>& column, double value) {
    if (std::isfinite(value)) {
      column.push_back(value);
    } else {
      column.push_null();
    }
  };
  const auto add = [&](const std::string& name, double coefficient, std::size_t row) {
    table.name.push_back(name);
    table.coefficient.push_back(coefficient);
    const double odds_ratio = elementary::exp(coefficient);
    push(table.odds_ratio, odds_ratio);
    bool is_far = !std::isfinite(odds_ratio);
    if (fit.standard_errors.empty()) {
      for (Nullable<double>* column :
           {&table.standard_error, &table.z, &table.p, &table.lower, &table.upper}) {
        column->push_null();
      }
    } else {
      const double error = fit.standard_errors[row];
      const double upper = elementary::exp(coefficient + reach * error);
      const double z = coefficient / error;
      push(table.standard_error, error);
      push(table.z, z);
      push(table.p, elementary::two_sided_normal(z));
      push(table.lower, elementary::exp(coefficient - reach * error));
      push(table.upper, upper);
      is_far = is_far || !std::isfinite(upper);
    }
    if (is_far) {
      far += (far.empty() ? "" : ", ") + name;
    }
  };
  if (fit.fit_intercept) {
    add("intercept", fit.intercept, 0);
  }
  for (std::size_t j = 0; j < fit.coef.size(); ++j) {
    add(options.feature_names.empty() ? std::to_string(j) : options.feature_names[j], fit.coef[j],
        j + (fit.fit_intercept ? 1 : 0));
  }
  if (!far.empty()) {
    table.inference_note += table.inference_note.empty() ? "" : "; ";
    table.inference_note += "null beyond the greatest double: odds ratios of " + far;
  }
  return table;
}

Metadata Inference::metadata() const {
  Metadata told{{"confidence", to_text(confidence)},
                {"fitted_rows", std::to_string(num_fitted_rows)},
                {"deviance", to_text(deviance)},
                {"null_deviance", to_text(null_deviance)},
                {"log_likelihood", to_text(-0.5 * deviance)}};
  const bool is_there = !standard_error.is_valid.empty() && standard_error.is_valid[0] != 0;
  if (is_there) {
    told.emplace_back("aic", to_text(deviance + 2.0 * static_cast<double>(num_parameters)));
    told.emplace_back("df_residual", std::to_string(num_fitted_rows - num_parameters));
    told.emplace_back("df_null", std::to_string(num_fitted_rows - (fit_intercept ? 1 : 0)));
  }
  if (!inference_note.empty()) {
    told.emplace_back("inference_note", inference_note);
  }
  return told;
}

}  // namespace ecommerce_analytics::logistic
