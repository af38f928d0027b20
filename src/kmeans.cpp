#include "ecommerce_analytics/kmeans.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>

#include "core/elementary.hpp"
#include "core/number_text.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/parallel.hpp"
#include "ecommerce_analytics/core/processor.hpp"
#include "ecommerce_analytics/core/random.hpp"

namespace ecommerce_analytics::kmeans {
namespace {

// --- Loops over points, one body for all paths. -------------------------------------------------

/// Rows that are turned at once so that a column of them lies together.
constexpr std::size_t kBlock = 64;
/// Rows between two polls.
constexpr std::size_t kRowsPerCall = 1'024;
/// Sums of rows are kept by row number modulo this, so that an addition need not wait for the last.
constexpr std::size_t kLanes = 4;

/// So many bytes of numbers, and the integers that a comparison of them gives. As wide as the
/// registers of a path: wider ones would be slow, and no answer depends on it.
template <class T, std::size_t kBytes>
struct Vector;
template <std::size_t kBytes>
struct Vector<double, kBytes> {
  using Values [[gnu::vector_size(kBytes)]] = double;
  using Integers [[gnu::vector_size(kBytes)]] = std::int64_t;
  using Integer = std::int64_t;
};
template <std::size_t kBytes>
struct Vector<float, kBytes> {
  using Values [[gnu::vector_size(kBytes)]] = float;
  using Integers [[gnu::vector_size(kBytes)]] = std::int32_t;
  using Integer = std::int32_t;
};
constexpr std::size_t kBytesOfBaseline = 16;
constexpr std::size_t kBytesOfAvx2 = 32;

/// Vectors that are in work at once.
constexpr std::size_t kGroup = 4;

/// Some rows and the centers they are compared with.
template <class T>
struct Points {
  const T* rows = nullptr;
  std::size_t num_rows = 0;
  std::size_t num_columns = 0;
  const T* centers = nullptr;
  std::size_t num_centers = 0;
};

/// Number of columns: `kColumns`, which the compiler knows, or that of the points if it is 0.
template <std::size_t kColumns, class T>
[[gnu::always_inline]] inline std::size_t columns_of(const Points<T>& points) {
  return kColumns > 0 ? kColumns : points.num_columns;
}

/// Lays `count` rows of a block column by column; a short block is filled up with its first row.
template <std::size_t kColumns, class T>
[[gnu::always_inline]] inline void turn_block(const Points<T>& points, std::size_t first,
                                              std::size_t count, T* turned) {
  const std::size_t d = columns_of<kColumns>(points);
  const T* rows = points.rows + first * d;
  if (count == kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        turned[j * kBlock + i] = rows[i * d + j];
      }
    }
    return;
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      turned[j * kBlock + i] = rows[(i < count ? i : 0) * d + j];
    }
  }
}

/// The nearest center of each row of a turned block, and the squared distance to it.
template <std::size_t kBytes, std::size_t kColumns, class T>
[[gnu::always_inline]] inline void nearest_of_block(const Points<T>& points, const T* turned,
                                                    std::int32_t* labels, T* squares) {
  using Values = typename Vector<T, kBytes>::Values;
  using Integers = typename Vector<T, kBytes>::Integers;
  using Integer = typename Vector<T, kBytes>::Integer;
  constexpr std::size_t kWidth = sizeof(Values) / sizeof(T);
  const std::size_t d = columns_of<kColumns>(points);
  for (std::size_t start = 0; start < kBlock; start += kGroup * kWidth) {
    Values best[kGroup];
    Integers label[kGroup];
    for (std::size_t g = 0; g < kGroup; ++g) {
      best[g] = Values{} + std::numeric_limits<T>::infinity();
      label[g] = Integers{};
    }
    for (std::size_t k = 0; k < points.num_centers; ++k) {
      const T* center = points.centers + k * d;
      Values sum[kGroup];
      for (std::size_t g = 0; g < kGroup; ++g) {
        sum[g] = Values{};
      }
      for (std::size_t j = 0; j < d; ++j) {
        const T* column = turned + j * kBlock + start;
        for (std::size_t g = 0; g < kGroup; ++g) {
          Values x;
          std::memcpy(&x, column + g * kWidth, sizeof(Values));
          const Values difference = x - center[j];
          sum[g] += difference * difference;
        }
      }
      const Integers number = Integers{} + static_cast<Integer>(k);
      for (std::size_t g = 0; g < kGroup; ++g) {
        const Integers is_nearer = sum[g] < best[g];
        label[g] = is_nearer ? number : label[g];
        best[g] = is_nearer ? sum[g] : best[g];
      }
    }
    for (std::size_t g = 0; g < kGroup; ++g) {
      std::memcpy(squares + start + g * kWidth, &best[g], sizeof(Values));
      using Labels [[gnu::vector_size(kWidth * sizeof(std::int32_t))]] = std::int32_t;
      const Labels narrow = __builtin_convertvector(label[g], Labels);
      std::memcpy(labels + start + g * kWidth, &narrow, sizeof(Labels));
    }
  }
}

/// The squared distance of each row of a turned block to one center.
template <std::size_t kBytes, class T>
[[gnu::always_inline]] inline void squares_of_block(std::size_t num_columns, const T* turned,
                                                    const T* center, T* squares) {
  using Values = typename Vector<T, kBytes>::Values;
  constexpr std::size_t kWidth = sizeof(Values) / sizeof(T);
  for (std::size_t start = 0; start < kBlock; start += kGroup * kWidth) {
    Values sum[kGroup];
    for (std::size_t g = 0; g < kGroup; ++g) {
      sum[g] = Values{};
    }
    for (std::size_t j = 0; j < num_columns; ++j) {
      const T* column = turned + j * kBlock + start;
      for (std::size_t g = 0; g < kGroup; ++g) {
        Values x;
        std::memcpy(&x, column + g * kWidth, sizeof(Values));
        const Values difference = x - center[j];
        sum[g] += difference * difference;
      }
    }
    for (std::size_t g = 0; g < kGroup; ++g) {
      std::memcpy(squares + start + g * kWidth, &sum[g], sizeof(Values));
    }
  }
}

/// What is summed for a center: each column, the weights, the weighted squares.
constexpr std::size_t sums_of_center(std::size_t num_columns) { return num_columns + 2; }

/// What a loop reads and writes beside the points, at the same rows.
template <class T>
struct Work {
  const double* weights = nullptr;  ///< Null: all 1.
  T* turned = nullptr;              ///< kBlock x columns of room.
  std::int32_t* labels = nullptr;
  T* squares = nullptr;                ///< May be null in `assign`.
  const double* origin = nullptr;      ///< By column; what sums of rows leave out.
  double* sums = nullptr;              ///< kLanes x centers x `sums_of_center`.
  std::int64_t num_changed = 0;        ///< Labels that were others before.
  std::array<double, kLanes> total{};  ///< Of weighted squares.
};

/// Sets labels and squares.
template <std::size_t kBytes, std::size_t kColumns, class T>
[[gnu::always_inline]] inline void assign_body(const Points<T>& points, Work<T>& work) {
  const std::size_t d = columns_of<kColumns>(points);
  const std::size_t stride = points.num_centers * sums_of_center(d);
  std::int32_t labels[kBlock];
  T squares[kBlock];
  double weighted[kBlock];
  double origin[std::max<std::size_t>(1, kColumns)];
  if (work.origin != nullptr) {
    std::copy_n(work.origin, kColumns, origin);
  }
  for (std::size_t first = 0; first < points.num_rows; first += kBlock) {
    const std::size_t count = std::min(kBlock, points.num_rows - first);
    turn_block<kColumns>(points, first, count, work.turned);
    nearest_of_block<kBytes, kColumns>(points, work.turned, labels, squares);
    std::int32_t num_changed = 0;
    std::int32_t* kept = work.labels + first;
    for (std::size_t i = 0; i < count; ++i) {
      num_changed += kept[i] != labels[i] ? 1 : 0;
      kept[i] = labels[i];
    }
    work.num_changed += num_changed;

    // Rows beyond the end count nothing.
    const double* weights = work.weights == nullptr ? nullptr : work.weights + first;
    for (std::size_t i = 0; i < kBlock; ++i) {
      weighted[i] = static_cast<double>(squares[i]);
    }
    if (weights != nullptr) {
      for (std::size_t i = 0; i < count; ++i) {
        weighted[i] *= weights[i];
      }
    }
    for (std::size_t i = count; i < kBlock; ++i) {
      weighted[i] = 0.0;
    }
    for (std::size_t i = 0; i < kBlock; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        work.total[lane] += weighted[i + lane];
      }
    }
    if (work.sums == nullptr) {
      continue;
    }
    const T* row = points.rows + first * d;
    for (std::size_t i = 0; i < count; ++i, row += d) {
      const double weight = weights == nullptr ? 1.0 : weights[i];
      double* sum = work.sums + (i % kLanes) * stride +
                    static_cast<std::size_t>(labels[i]) * sums_of_center(d);
      if constexpr (kColumns > 0) {
        double moved[kColumns];  // Apart from the sums, which could be where the row is.
        for (std::size_t j = 0; j < kColumns; ++j) {
          moved[j] = weight * (static_cast<double>(row[j]) - origin[j]);
        }
        for (std::size_t j = 0; j < kColumns; ++j) {
          sum[j] += moved[j];
        }
      } else {
        for (std::size_t j = 0; j < d; ++j) {
          sum[j] += weight * (static_cast<double>(row[j]) - work.origin[j]);
        }
      }
      sum[d] += weight;
      sum[d + 1] += weighted[i];
    }
  }
}

/// `assign_body` for the number of columns at hand.
template <std::size_t kBytes, class T>
[[gnu::always_inline]] inline void assign_any(const Points<T>& points, Work<T>& work) {
  switch (points.num_columns) {
    case 2:
      return assign_body<kBytes, 2>(points, work);
    case 3:
      return assign_body<kBytes, 3>(points, work);
    case 4:
      return assign_body<kBytes, 4>(points, work);
    default:
      return assign_body<kBytes, 0>(points, work);
  }
}

/// Totals of the weighted squares that each center would leave: the least of what `squares` holds
/// and of the distance to it; kLanes a center.
template <std::size_t kBytes, class T>
[[gnu::always_inline]] inline void weigh_body(const Points<T>& points, Work<T>& work) {
  T squares[kBlock];
  for (std::size_t first = 0; first < points.num_rows; first += kBlock) {
    const std::size_t count = std::min(kBlock, points.num_rows - first);
    turn_block<0>(points, first, count, work.turned);
    for (std::size_t k = 0; k < points.num_centers; ++k) {
      squares_of_block<kBytes>(points.num_columns, work.turned,
                               points.centers + k * points.num_columns, squares);
      double* sums = work.sums + k * kLanes;
      for (std::size_t i = 0; i < count; ++i) {
        const T least = std::min(work.squares[first + i], squares[i]);
        sums[i % kLanes] += work.weights[first + i] * static_cast<double>(least);
      }
    }
  }
}

/// Lowers `squares` to the distance to one center, and totals the weighted ones.
template <std::size_t kBytes, class T>
[[gnu::always_inline]] inline void lower_body(const Points<T>& points, Work<T>& work) {
  T squares[kBlock];
  for (std::size_t first = 0; first < points.num_rows; first += kBlock) {
    const std::size_t count = std::min(kBlock, points.num_rows - first);
    turn_block<0>(points, first, count, work.turned);
    squares_of_block<kBytes>(points.num_columns, work.turned, points.centers, squares);
    for (std::size_t i = 0; i < count; ++i) {
      const T least = std::min(work.squares[first + i], squares[i]);
      work.squares[first + i] = least;
      work.total[i % kLanes] += work.weights[first + i] * static_cast<double>(least);
    }
  }
}

/// Sum of the distances of a point to `count` points that lie column by column, `stride` apart.
[[gnu::always_inline]] inline double distances_body(const double* columns, std::size_t stride,
                                                    std::size_t count, const double* point,
                                                    std::size_t num_columns) {
  constexpr std::size_t kWidth = 8;
  double total[kWidth] = {};
  for (std::size_t i = 0; i < count; i += kWidth) {
    double sum[kWidth] = {};
    if (i + kWidth <= count) {
      for (std::size_t j = 0; j < num_columns; ++j) {
        for (std::size_t lane = 0; lane < kWidth; ++lane) {
          const double difference = columns[j * stride + i + lane] - point[j];
          sum[lane] += difference * difference;
        }
      }
    } else {
      for (std::size_t j = 0; j < num_columns; ++j) {
        for (std::size_t lane = 0; i + lane < count; ++lane) {
          const double difference = columns[j * stride + i + lane] - point[j];
          sum[lane] += difference * difference;
        }
      }
    }
    for (std::size_t lane = 0; lane < kWidth; ++lane) {
      total[lane] += std::sqrt(sum[lane]);
    }
  }
  return ((total[0] + total[1]) + (total[2] + total[3])) +
         ((total[4] + total[5]) + (total[6] + total[7]));
}

template <class T>
void assign_baseline(const Points<T>& points, Work<T>& work) {
  assign_any<kBytesOfBaseline>(points, work);
}
template <class T>
void weigh_baseline(const Points<T>& points, Work<T>& work) {
  weigh_body<kBytesOfBaseline>(points, work);
}
template <class T>
void lower_baseline(const Points<T>& points, Work<T>& work) {
  lower_body<kBytesOfBaseline>(points, work);
}
double distances_baseline(const double* columns, std::size_t stride, std::size_t count,
                          const double* point, std::size_t num_columns) {
  return distances_body(columns, stride, count, point, num_columns);
}

#ifdef __x86_64__
template <class T>
[[gnu::target("avx2")]] void assign_avx2(const Points<T>& points, Work<T>& work) {
  assign_any<kBytesOfAvx2>(points, work);
}
template <class T>
[[gnu::target("avx2")]] void weigh_avx2(const Points<T>& points, Work<T>& work) {
  weigh_body<kBytesOfAvx2>(points, work);
}
template <class T>
[[gnu::target("avx2")]] void lower_avx2(const Points<T>& points, Work<T>& work) {
  lower_body<kBytesOfAvx2>(points, work);
}
[[gnu::target("avx2")]] double distances_avx2(const double* columns, std::size_t stride,
                                              std::size_t count, const double* point,
                                              std::size_t num_columns) {
  return distances_body(columns, stride, count, point, num_columns);
}
#else
template <class T>
constexpr auto assign_avx2 = assign_baseline<T>;
template <class T>
constexpr auto weigh_avx2 = weigh_baseline<T>;
template <class T>
constexpr auto lower_avx2 = lower_baseline<T>;
constexpr auto distances_avx2 = distances_baseline;
#endif

/// The loops of the path in use.
template <class T>
struct Loops {
  using Loop = void (*)(const Points<T>&, Work<T>&);
  bool is_avx2 = processor_path() == ProcessorPath::avx2;
  Loop assign = is_avx2 ? Loop(assign_avx2<T>) : Loop(assign_baseline<T>);
  Loop weigh = is_avx2 ? Loop(weigh_avx2<T>) : Loop(weigh_baseline<T>);
  Loop lower = is_avx2 ? Loop(lower_avx2<T>) : Loop(lower_baseline<T>);
};

// --- Chunks: what threads take, and whose sums are added in their order. ------------------------

constexpr std::size_t kMostChunks = 64;

/// Rows of a chunk: the same for every number of threads, and a multiple of `kRowsPerCall`.
std::size_t rows_per_chunk(std::size_t num_rows) {
  const std::size_t rows = (num_rows + kMostChunks - 1) / kMostChunks;
  return std::max<std::size_t>(1, (rows + kRowsPerCall - 1) / kRowsPerCall) * kRowsPerCall;
}

/// Calls `work(chunk, first, last)` for each chunk of rows, on threads if there is enough to do.
/// `cost` is that of a row, in multiplications.
void for_each_chunk(std::size_t num_rows, std::size_t cost, int num_threads,
                    const std::function<void(std::size_t, std::size_t, std::size_t)>& work) {
  constexpr std::size_t kCostOfThread = 200'000;  // Some times what it takes to start one.
  const std::size_t size = rows_per_chunk(num_rows);
  const std::size_t num_chunks = (num_rows + size - 1) / size;
  const std::size_t num_paid = num_rows * std::max<std::size_t>(1, cost) / kCostOfThread;
  const std::size_t num_parts =
      std::min({static_cast<std::size_t>(num_threads), num_chunks, num_paid + 1});
  parallel_for(num_chunks, static_cast<int>(std::max<std::size_t>(1, num_parts)),
               [&](std::size_t, std::size_t first, std::size_t last) {
                 for (std::size_t chunk = first; chunk < last; ++chunk) {
                   work(chunk, chunk * size, std::min(num_rows, (chunk + 1) * size));
                 }
               });
}

std::size_t num_chunks_of(std::size_t num_rows) {
  const std::size_t size = rows_per_chunk(num_rows);
  return (num_rows + size - 1) / size;
}

double sum_of(const std::array<double, kLanes>& lanes) {
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

/// Runs `loop` over the rows [first, last) of `points`, polling in between.
template <class T>
void run_loop(typename Loops<T>::Loop loop, const Points<T>& points, std::size_t first,
              std::size_t last, const Work<T>& at, Work<T>& work) {
  for (std::size_t start = first; start < last; start += kRowsPerCall) {
    poll_interrupt();
    Points<T> part = points;
    part.rows = points.rows + start * points.num_columns;
    part.num_rows = std::min(last - start, kRowsPerCall);
    work.weights = at.weights == nullptr ? nullptr : at.weights + start;
    work.labels = at.labels == nullptr ? nullptr : at.labels + start;
    work.squares = at.squares == nullptr ? nullptr : at.squares + start;
    loop(part, work);
  }
}

// --- Checks.
// --------------------------------------------------------------------------------------

Error invalid_value(std::string_view text, std::size_t row, std::size_t column, double value) {
  return {ErrorCode::invalid_data,
          text,
          {.row = static_cast<std::int64_t>(row) + 1,
           .column = std::to_string(column),
           .value = std::isnan(value) ? "NaN" : to_text(value)}};
}

/// Sum of the weights; the number of rows if there are none.
double check_weights(std::span<const double> weights, std::size_t num_rows) {
  if (weights.empty()) {
    return static_cast<double>(num_rows);
  }
  require(weights.size() == num_rows, ErrorCode::schema_mismatch,
          "kmeans: there must be one weight a row", std::to_string(weights.size()));
  double sum = 0.0;
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (!(weights[row] >= 0.0) || weights[row] > std::numeric_limits<double>::max()) {
      throw Error(ErrorCode::invalid_data, "kmeans: a weight must be finite and >= 0",
                  {.row = static_cast<std::int64_t>(row) + 1,
                   .column = "sample_weight",
                   .value = to_text(weights[row])});
    }
    sum += weights[row];
  }
  require(sum > 0.0, ErrorCode::invalid_data, "kmeans: all weights are zero");
  require(sum <= std::numeric_limits<double>::max(), ErrorCode::invalid_data,
          "kmeans: the sum of the weights overflows");
  return sum;
}

/// The largest absolute value of a coordinate with which nothing overflows.
template <class T>
double largest_value(std::size_t num_columns, double sum_of_weights) {
  const double columns = 4.0 * static_cast<double>(num_columns);
  const double of_type = std::sqrt(static_cast<double>(std::numeric_limits<T>::max()) / columns);
  const double of_sum =
      std::sqrt(std::numeric_limits<double>::max() / columns / std::max(1.0, sum_of_weights));
  return std::min(of_type, of_sum);
}

template <class T>
void check_values(MatrixView<T> points, double largest) {
  const T* values = points.values().data();
  const std::size_t num_values = points.values().size();
  const auto bound = static_cast<T>(largest);
  for_each_block(num_values, [&](std::size_t first, std::size_t last) {
    std::size_t num_bad = 0;
    for (std::size_t i = first; i < last; ++i) {
      num_bad += std::abs(values[i]) <= bound ? 0 : 1;
    }
    if (num_bad == 0) {
      return;
    }
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t d = points.num_columns();
      if (!std::isfinite(values[i])) {
        throw invalid_value("kmeans: a value is not finite", i / d, i % d,
                            static_cast<double>(values[i]));
      }
      if (std::abs(values[i]) > bound) {
        throw invalid_value("kmeans: a value is so large that squared distances overflow", i / d,
                            i % d, static_cast<double>(values[i]));
      }
    }
  });
}

template <class T>
void check_points(MatrixView<T> points, double sum_of_weights) {
  require(points.num_rows() > 0, ErrorCode::invalid_data, "kmeans: there are no rows");
  require(points.num_columns() > 0, ErrorCode::invalid_data, "kmeans: there are no columns");
  check_values(points, largest_value<T>(points.num_columns(), sum_of_weights));
}

template <class T>
void check_centers(MatrixView<T> points, MatrixView<T> centers) {
  require(centers.num_rows() > 0, ErrorCode::schema_mismatch, "kmeans: there are no centers");
  require(centers.num_columns() == points.num_columns(), ErrorCode::schema_mismatch,
          "kmeans: points and centers differ in their number of columns",
          std::to_string(points.num_columns()) + ", " + std::to_string(centers.num_columns()));
  check_values(centers, largest_value<T>(centers.num_columns(), 1.0));
}

// --- Distinct points.
// -----------------------------------------------------------------------------

/// The distinct points of positive weight in increasing order by columns, and their summed weights.
template <class T>
struct Distinct {
  std::vector<T> points{};
  std::vector<double> weights{};
};

template <class T>
class Sorter {
 public:
  explicit Sorter(MatrixView<T> points) : points_(points) {}

  /// Sorts the numbers of rows in [first, last) by their columns from `column` on, equal ones by
  /// number.
  void sort(std::vector<std::size_t>& rows, std::size_t first, std::size_t last,
            std::size_t column) {
    const std::size_t d = points_.num_columns();
    const T* values = points_.values().data();
    std::vector<std::pair<T, std::size_t>> keys;
    keys.reserve(last - first);
    for (std::size_t i = first; i < last; ++i) {
      keys.emplace_back(values[rows[i] * d + column], rows[i]);
    }
    std::sort(keys.begin(), keys.end(), [this](const auto& a, const auto& b) {
      polls_.count();
      return a < b;
    });
    for (std::size_t i = first; i < last; ++i) {
      rows[i] = keys[i - first].second;
    }
    if (column + 1 == d) {
      return;
    }
    for (std::size_t start = 0; start < keys.size();) {
      std::size_t end = start + 1;
      while (end < keys.size() && keys[end].first == keys[start].first) {
        ++end;
      }
      if (end - start > 1) {
        sort(rows, first + start, first + end, column + 1);
      }
      start = end;
    }
  }

 private:
  MatrixView<T> points_;
  PollCounter polls_{};
};

template <class T>
Distinct<T> distinct_points(MatrixView<T> points, std::span<const double> weights) {
  std::vector<std::size_t> rows;
  rows.reserve(points.num_rows());
  for (std::size_t row = 0; row < points.num_rows(); ++row) {
    if (weights.empty() || weights[row] > 0.0) {
      rows.push_back(row);
    }
  }
  Sorter<T>(points).sort(rows, 0, rows.size(), 0);
  Distinct<T> distinct;
  distinct.points.reserve(rows.size() * points.num_columns());
  const std::size_t d = points.num_columns();
  for (const std::size_t row : rows) {
    const std::span<const T> point = points.row(row);
    const double weight = weights.empty() ? 1.0 : weights[row];
    if (distinct.weights.empty() ||
        !std::equal(point.begin(), point.end(), distinct.points.end() - static_cast<long>(d))) {
      distinct.points.insert(distinct.points.end(), point.begin(), point.end());
      distinct.weights.push_back(weight);
    } else {
      distinct.weights.back() += weight;
    }
  }
  return distinct;
}

template <class T>
std::size_t count_distinct_of(MatrixView<T> points, std::size_t at_most,
                              std::span<const double> weights) {
  const auto is_less = [](std::span<const T> a, std::span<const T> b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  };
  std::vector<std::span<const T>> found;
  for (std::size_t row = 0; row < points.num_rows() && found.size() < at_most; ++row) {
    if (row % kRowsPerCall == 0) {
      poll_interrupt();
    }
    if (!weights.empty() && weights[row] == 0.0) {
      continue;
    }
    const std::span<const T> point = points.row(row);
    const auto place = std::lower_bound(found.begin(), found.end(), point, is_less);
    if (place == found.end() || is_less(point, *place)) {
      found.insert(place, point);
    }
  }
  return found.size();
}

// --- The start.
// -----------------------------------------------------------------------------------

/// Draws of k-means++ from the distinct points.
template <class T>
class Draws {
 public:
  Draws(const Distinct<T>& distinct, std::size_t num_columns, int num_threads)
      : distinct_(distinct), d_(num_columns), num_threads_(num_threads) {}

  std::vector<T> centers(std::size_t num_centers, Random& random) {
    const std::size_t n = distinct_.weights.size();
    squares_.assign(n, std::numeric_limits<T>::max());
    const auto num_candidates =
        2 + static_cast<std::size_t>(elementary::log(static_cast<double>(num_centers)));
    // The first by weight alone; then by weighted squares.
    std::vector<double> mass(num_chunks_of(n));
    for (std::size_t i = 0; i < n; ++i) {
      mass[i / rows_per_chunk(n)] += distinct_.weights[i];
    }
    std::vector<T> centers;
    take(draw(mass, random, [&](std::size_t i) { return distinct_.weights[i]; }), centers, mass);
    while (centers.size() < num_centers * d_) {
      std::vector<T> candidates;
      std::vector<std::size_t> places;
      for (std::size_t i = 0; i < num_candidates; ++i) {
        places.push_back(draw(mass, random, [&](std::size_t row) {
          return distinct_.weights[row] * static_cast<double>(squares_[row]);
        }));
        const T* point = distinct_.points.data() + places.back() * d_;
        candidates.insert(candidates.end(), point, point + d_);
      }
      const std::vector<double> left = weigh(candidates);
      const auto best = std::min_element(left.begin(), left.end()) - left.begin();
      take(places[static_cast<std::size_t>(best)], centers, mass);
    }
    return centers;
  }

 private:
  /// A place drawn with the chance of its weight; `mass` has the sums of the weights by chunk.
  template <class Weight>
  std::size_t draw(const std::vector<double>& mass, Random& random, const Weight& weight) {
    const std::size_t n = distinct_.weights.size();
    const double total = std::accumulate(mass.begin(), mass.end(), 0.0);
    double rest = random.uniform() * total;
    std::size_t chunk = 0;
    while (chunk + 1 < mass.size() && rest >= mass[chunk]) {
      rest -= mass[chunk];
      ++chunk;
    }
    // Roundings may lead beyond the end: then it is the last place with weight.
    const std::size_t size = rows_per_chunk(n);
    for (std::size_t i = chunk * size; i < n; ++i) {
      const double one = weight(i);
      if (rest < one) {
        return i;
      }
      rest -= one;
    }
    for (std::size_t i = n; i-- > 0;) {
      if (weight(i) > 0.0) {
        return i;
      }
    }
    // Squares so small that they are zero: the first point that is no center yet.
    return static_cast<std::size_t>(std::find(is_taken_.begin(), is_taken_.end(), 0) -
                                    is_taken_.begin());
  }

  /// What each candidate would leave.
  std::vector<double> weigh(const std::vector<T>& candidates) {
    const std::size_t n = distinct_.weights.size();
    const std::size_t num = candidates.size() / d_;
    std::vector<double> partial(num_chunks_of(n) * num);
    const Work<T> at{.weights = distinct_.weights.data(), .squares = squares_.data()};
    const Points<T> points{.rows = distinct_.points.data(),
                           .num_columns = d_,
                           .centers = candidates.data(),
                           .num_centers = num};
    for_each_chunk(n, num * d_, num_threads_,
                   [&](std::size_t chunk, std::size_t first, std::size_t last) {
                     std::vector<T> turned(kBlock * d_);
                     std::vector<double> sums(num * kLanes);
                     Work<T> work{.turned = turned.data(), .sums = sums.data()};
                     run_loop(loops_.weigh, points, first, last, at, work);
                     for (std::size_t k = 0; k < num; ++k) {
                       const double* lanes = sums.data() + k * kLanes;
                       partial[chunk * num + k] = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
                     }
                   });
    std::vector<double> left(num);
    for (std::size_t i = 0; i < partial.size(); ++i) {
      left[i % num] += partial[i];
    }
    return left;
  }

  /// Makes a point a center.
  void take(std::size_t place, std::vector<T>& centers, std::vector<double>& mass) {
    const std::size_t n = distinct_.weights.size();
    const T* point = distinct_.points.data() + place * d_;
    if (centers.empty()) {
      is_taken_.assign(n, 0);
    }
    is_taken_[place] = 1;
    centers.insert(centers.end(), point, point + d_);
    const Work<T> at{.weights = distinct_.weights.data(), .squares = squares_.data()};
    const Points<T> points{
        .rows = distinct_.points.data(), .num_columns = d_, .centers = point, .num_centers = 1};
    for_each_chunk(n, d_, num_threads_,
                   [&](std::size_t chunk, std::size_t first, std::size_t last) {
                     std::vector<T> turned(kBlock * d_);
                     Work<T> work{.turned = turned.data()};
                     run_loop(loops_.lower, points, first, last, at, work);
                     mass[chunk] = sum_of(work.total);
                   });
  }

  const Distinct<T>& distinct_;
  std::size_t d_;
  int num_threads_;
  Loops<T> loops_{};
  std::vector<T> squares_{};
  std::vector<std::uint8_t> is_taken_{};
};

// --- Lloyd's steps.
// -------------------------------------------------------------------------------

/// Where the points lie, and how far apart.
struct Moments {
  /// By column, what sums leave out: the mean where it is far from 0, so that no digits are lost;
  /// else 0, from which differences are exact.
  std::vector<double> origin{};
  double mean_variance = 0.0;  ///< Over the columns, without weights.
};

template <class T>
Moments moments_of(MatrixView<T> points, int num_threads) {
  const std::size_t n = points.num_rows();
  const std::size_t d = points.num_columns();
  const T* values = points.values().data();
  // Sums of differences to the first row, and of their squares: of like size as the spread.
  std::vector<double> partial(num_chunks_of(n) * 2 * d);
  const auto sum_up = [&](const std::vector<double>& origin) {
    std::fill(partial.begin(), partial.end(), 0.0);
    for_each_chunk(n, d, num_threads, [&](std::size_t chunk, std::size_t first, std::size_t last) {
      double* sums = partial.data() + chunk * 2 * d;
      for (std::size_t row = first; row < last; ++row) {
        if (row % kRowsPerCall == 0) {
          poll_interrupt();
        }
        for (std::size_t j = 0; j < d; ++j) {
          const double difference = static_cast<double>(values[row * d + j]) - origin[j];
          sums[j] += difference;
          sums[d + j] += difference * difference;
        }
      }
    });
    std::vector<double> sums(2 * d);
    for (std::size_t i = 0; i < partial.size(); ++i) {
      sums[i % (2 * d)] += partial[i];
    }
    return sums;
  };
  constexpr double kFar = 8.0;  // In standard deviations.
  const auto count = static_cast<double>(n);
  std::vector<double> mean(values, values + d);
  std::vector<double> sums = sum_up(mean);
  for (std::size_t j = 0; j < d; ++j) {
    mean[j] += sums[j] / count;
  }
  sums = sum_up(mean);
  Moments moments;
  for (std::size_t j = 0; j < d; ++j) {
    const double left = sums[j] / count;
    const double variance = std::max(0.0, sums[d + j] / count - left * left);
    moments.origin.push_back(std::abs(mean[j]) > kFar * std::sqrt(variance) ? mean[j] : 0.0);
    moments.mean_variance += variance;
  }
  moments.mean_variance /= static_cast<double>(d);
  return moments;
}

template <class T>
class Lloyd {
 public:
  Lloyd(MatrixView<T> points, std::span<const double> weights, int num_threads)
      : points_(points), weights_(weights), num_threads_(num_threads) {}

  Result<T> run(std::vector<T> centers, const Options& options) {
    const std::size_t n = points_.num_rows();
    const std::size_t d = points_.num_columns();
    if (moments_.origin.empty()) {
      moments_ = moments_of(points_, num_threads_);
    }
    Result<T> result{.centers = std::move(centers), .labels = std::vector<std::int32_t>(n, -1)};
    const double least_move = options.tol * moments_.mean_variance;
    bool is_settled = false;
    while (result.n_iter < options.max_iter && !result.converged) {
      ++result.n_iter;
      const std::int64_t num_changed = assign(result, true);
      std::vector<T> next = result.centers;
      for (std::size_t k = 0; k * d < next.size(); ++k) {
        const double* sum = sums_.data() + k * sums_of_center(d);
        if (sum[d + 1] > 0.0) {  // Else it is empty, or all its points lie on the center.
          for (std::size_t j = 0; j < d; ++j) {
            next[k * d + j] = static_cast<T>(moments_.origin[j] + sum[j] / sum[d]);
          }
        }
      }
      const bool is_repaired = repair(result, next);
      double move = 0.0;
      for (std::size_t i = 0; i < next.size(); ++i) {
        const double difference =
            static_cast<double>(next[i]) - static_cast<double>(result.centers[i]);
        move += difference * difference;
      }
      is_settled = num_changed == 0 && next == result.centers;
      result.converged = !is_repaired && (num_changed == 0 || move <= least_move);
      result.centers = std::move(next);
    }
    if (!is_settled) {
      static_cast<void>(assign(result, false));  // The centers have moved since.
    }
    return result;
  }

  /// Sets labels and inertia by the centers; returns how many labels changed.
  std::int64_t assign(Result<T>& result, bool with_sums) {
    const std::size_t n = points_.num_rows();
    const std::size_t d = points_.num_columns();
    const std::size_t k = result.centers.size() / d;
    const std::size_t size = with_sums ? k * sums_of_center(d) : 0;
    partial_.resize(num_chunks_of(n) * size);
    std::vector<double> totals(num_chunks_of(n));
    std::vector<std::int64_t> changed(num_chunks_of(n));
    const Work<T> at{.weights = weights_.empty() ? nullptr : weights_.data(),
                     .labels = result.labels.data()};
    const Points<T> points{.rows = points_.values().data(),
                           .num_columns = d,
                           .centers = result.centers.data(),
                           .num_centers = k};
    for_each_chunk(
        n, k * d, num_threads_, [&](std::size_t chunk, std::size_t first, std::size_t last) {
          std::vector<T> turned(kBlock * d);
          std::vector<double> lanes(kLanes * size);
          Work<T> work{.turned = turned.data(),
                       .origin = moments_.origin.data(),
                       .sums = with_sums ? lanes.data() : nullptr};
          run_loop(loops_.assign, points, first, last, at, work);
          for (std::size_t i = 0; i < size; ++i) {
            partial_[chunk * size + i] =
                (lanes[i] + lanes[size + i]) + (lanes[2 * size + i] + lanes[3 * size + i]);
          }
          totals[chunk] = sum_of(work.total);
          changed[chunk] = work.num_changed;
        });
    sums_.assign(size, 0.0);
    for (std::size_t i = 0; i < partial_.size(); ++i) {
      sums_[i % size] += partial_[i];
    }
    result.inertia = std::accumulate(totals.begin(), totals.end(), 0.0);
    return std::accumulate(changed.begin(), changed.end(), std::int64_t{0});
  }

 private:
  /// Moves the centers of clusters without weight to the farthest points; tells whether any moved.
  bool repair(const Result<T>& result, std::vector<T>& next) {
    const std::size_t d = points_.num_columns();
    std::vector<std::size_t> empty;
    for (std::size_t k = 0; k * d < next.size(); ++k) {
      if (!(sums_[k * sums_of_center(d) + d] > 0.0)) {
        empty.push_back(k);
      }
    }
    std::vector<std::span<const T>> taken;
    for (const std::size_t k : empty) {
      std::optional<std::span<const T>> farthest;
      double most = 0.0;
      for (std::size_t row = 0; row < points_.num_rows(); ++row) {
        if (row % kRowsPerCall == 0) {
          poll_interrupt();
        }
        if (!weights_.empty() && weights_[row] == 0.0) {
          continue;
        }
        const std::span<const T> point = points_.row(row);
        const T* center = result.centers.data() + static_cast<std::size_t>(result.labels[row]) * d;
        double square = 0.0;
        for (std::size_t j = 0; j < d; ++j) {
          const double difference = static_cast<double>(point[j]) - static_cast<double>(center[j]);
          square += difference * difference;
        }
        const auto is_same = [&](std::span<const T> other) {
          return std::equal(point.begin(), point.end(), other.begin());
        };
        if (square == 0.0 || square < most || std::any_of(taken.begin(), taken.end(), is_same)) {
          continue;
        }
        if (square > most || !farthest ||
            std::lexicographical_compare(point.begin(), point.end(), farthest->begin(),
                                         farthest->end())) {
          farthest = point;
          most = square;
        }
      }
      if (!farthest) {
        break;  // All points lie on centers.
      }
      taken.push_back(*farthest);
      std::copy(farthest->begin(), farthest->end(), next.begin() + static_cast<long>(k * d));
    }
    return !taken.empty();
  }

  MatrixView<T> points_;
  std::span<const double> weights_;
  int num_threads_;
  Loops<T> loops_{};
  Moments moments_{};
  std::vector<double> partial_{};
  std::vector<double> sums_{};
};

template <class T>
Result<T> fit_of(MatrixView<T> points, const Options& options, std::span<const double> weights) {
  validate(options);
  const int num_threads = resolve_num_threads(options.num_threads);
  check_points(points, check_weights(weights, points.num_rows()));
  const auto k = static_cast<std::size_t>(options.n_clusters);
  const auto require_distinct = [&](std::size_t num_distinct) {
    require(num_distinct >= k, ErrorCode::invalid_argument,
            "kmeans: n_clusters is above the number of distinct points",
            std::to_string(k) + ", " + std::to_string(num_distinct));
  };
  require_distinct(count_distinct_of(points, k, weights));

  Lloyd<T> lloyd(points, weights, num_threads);
  if (!options.init.empty()) {
    require(options.init.size() == k * points.num_columns(), ErrorCode::schema_mismatch,
            "kmeans: init must have n_clusters rows and the columns of the points",
            std::to_string(options.init.size()));
    std::vector<T> centers(options.init.size());
    std::transform(options.init.begin(), options.init.end(), centers.begin(),
                   [](double value) { return static_cast<T>(value); });
    check_centers(points, MatrixView<T>(centers, k, points.num_columns()));
    return lloyd.run(std::move(centers), options);
  }
  const Distinct<T> distinct = distinct_points(points, weights);
  Draws<T> draws(distinct, points.num_columns(), num_threads);
  Random random(options.random_state);
  std::optional<Result<T>> best;
  for (int start = 0; start < options.n_init; ++start) {
    Result<T> result = lloyd.run(draws.centers(k, random), options);
    if (!best || result.inertia < best->inertia) {
      best = std::move(result);
    }
  }
  return *std::move(best);
}

template <class T>
Result<T> nearest_of(MatrixView<T> points, MatrixView<T> centers, const InertiaOptions& options,
                     double sum_of_weights) {
  const int num_threads = resolve_num_threads(options.num_threads);
  check_points(points, sum_of_weights);
  check_centers(points, centers);
  Result<T> result{.centers = std::vector<T>(centers.values().begin(), centers.values().end()),
                   .labels = std::vector<std::int32_t>(points.num_rows())};
  static_cast<void>(Lloyd<T>(points, options.sample_weight, num_threads).assign(result, false));
  return result;
}

template <class T>
std::vector<T> transform_of(MatrixView<T> points, MatrixView<T> centers, int num_threads) {
  num_threads = resolve_num_threads(num_threads);
  check_points(points, 1.0);
  check_centers(points, centers);
  const std::size_t k = centers.num_rows();
  const std::size_t d = points.num_columns();
  std::vector<T> distances(points.num_rows() * k);
  for_each_chunk(points.num_rows(), k * d, num_threads,
                 [&](std::size_t, std::size_t first, std::size_t last) {
                   for (std::size_t row = first; row < last; ++row) {
                     if (row % kRowsPerCall == 0) {
                       poll_interrupt();
                     }
                     for (std::size_t c = 0; c < k; ++c) {
                       T sum = 0;
                       for (std::size_t j = 0; j < d; ++j) {
                         const T difference = points.row(row)[j] - centers.row(c)[j];
                         sum += difference * difference;
                       }
                       distances[row * k + c] = std::sqrt(sum);
                     }
                   }
                 });
  return distances;
}

// --- Silhouette.
// ----------------------------------------------------------------------------------

/// Places of `num_drawn` of [0, num_places), drawn without replacement, in increasing order.
std::vector<std::size_t> sample_of(std::size_t num_places, std::size_t num_drawn,
                                   std::uint64_t seed) {
  std::vector<std::size_t> places(num_places);
  std::iota(places.begin(), places.end(), 0);
  if (num_drawn < num_places) {
    Random random(seed);
    for (std::size_t i = 0; i < num_drawn; ++i) {
      std::swap(places[i], places[i + random.below(num_places - i)]);
    }
    places.resize(num_drawn);
    std::sort(places.begin(), places.end());
  }
  return places;
}

template <class T>
Silhouette silhouette_of(MatrixView<T> points, std::span<const std::int32_t> labels,
                         const SilhouetteOptions& options) {
  const int num_threads = resolve_num_threads(options.num_threads);
  check_points(points, 1.0);
  require(labels.size() == points.num_rows(), ErrorCode::schema_mismatch,
          "kmeans: there must be one label a row", std::to_string(labels.size()));
  require(options.max_points >= 2, ErrorCode::invalid_argument, "kmeans: max_points must be >= 2",
          std::to_string(options.max_points));
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) {
      throw Error(ErrorCode::invalid_data, "kmeans: a label must be >= 0",
                  {.row = static_cast<std::int64_t>(row) + 1,
                   .column = "labels",
                   .value = std::to_string(labels[row])});
    }
  }

  // The points measured, those of a cluster together and column by column.
  std::vector<std::size_t> rows =
      sample_of(points.num_rows(), options.max_points, options.random_state);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return labels[a] < labels[b]; });
  const std::size_t m = rows.size();
  const std::size_t d = points.num_columns();
  std::vector<double> columns(m * d);
  std::vector<std::size_t> starts;
  std::vector<std::size_t> cluster_of(m);
  for (std::size_t i = 0; i < m; ++i) {
    if (i == 0 || labels[rows[i]] != labels[rows[i - 1]]) {
      starts.push_back(i);
    }
    cluster_of[i] = starts.size() - 1;
    for (std::size_t j = 0; j < d; ++j) {
      columns[j * m + i] = static_cast<double>(points.row(rows[i])[j]);
    }
  }
  const std::size_t num_clusters = starts.size();
  starts.push_back(m);
  Silhouette result{.value = std::nullopt, .standard_error = std::nullopt, .num_points = m};
  if (num_clusters < 2) {
    return result;
  }

  const auto distances =
      processor_path() == ProcessorPath::avx2 ? distances_avx2 : distances_baseline;
  std::vector<double> values(m);
  for_each_chunk(m, m * d, num_threads, [&](std::size_t, std::size_t first, std::size_t last) {
    std::vector<double> point(d);
    for (std::size_t i = first; i < last; ++i) {
      poll_interrupt();
      for (std::size_t j = 0; j < d; ++j) {
        point[j] = columns[j * m + i];
      }
      double own = 0.0;
      double other = std::numeric_limits<double>::infinity();
      for (std::size_t c = 0; c < num_clusters; ++c) {
        const std::size_t size = starts[c + 1] - starts[c];
        const double sum = distances(columns.data() + starts[c], m, size, point.data(), d);
        if (c == cluster_of[i]) {
          own = size > 1 ? sum / static_cast<double>(size - 1) : -1.0;
        } else {
          other = std::min(other, sum / static_cast<double>(size));
        }
      }
      const double most = std::max(own, other);
      values[i] = own < 0.0 || most == 0.0 ? 0.0 : (other - own) / most;
    }
  });
  const auto count = static_cast<double>(m);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  result.value = mean;
  if (m < points.num_rows()) {
    double squares = 0.0;
    for (const double value : values) {
      squares += (value - mean) * (value - mean);
    }
    result.standard_error = std::sqrt(squares / (count - 1.0) / count);
  }
  return result;
}

template <class T>
Curve curve_of(MatrixView<T> points, const CurveOptions& options, std::span<const double> weights) {
  validate(options);
  check_points(points, check_weights(weights, points.num_rows()));
  const std::size_t num_distinct =
      count_distinct_of(points, static_cast<std::size_t>(options.max_clusters), weights);
  Curve curve;
  for (int k = options.min_clusters; k <= static_cast<int>(num_distinct); ++k) {
    Options one = options.fit;
    one.n_clusters = k;
    one.init.clear();
    const Result<T> result = fit_of(points, one, weights);
    curve.n_clusters.push_back(k);
    curve.inertia.push_back(result.inertia);
    curve.silhouette.push_back(silhouette_of(points, std::span<const std::int32_t>(result.labels),
                                             {.max_points = options.max_silhouette_points,
                                              .random_state = options.fit.random_state,
                                              .num_threads = options.fit.num_threads}));
    curve.converged.push_back(result.converged);
  }
  return curve;
}

template <class T>
std::size_t checked_count(MatrixView<T> points, std::size_t at_most,
                          std::span<const double> weights) {
  check_points(points, check_weights(weights, points.num_rows()));
  return count_distinct_of(points, at_most, weights);
}

}  // namespace

void validate(const Options& options) {
  const auto check = [](bool is_good, const char* text, double value) {
    require(is_good, ErrorCode::invalid_argument, text, to_text(value));
  };
  check(options.n_clusters >= 1, "kmeans: n_clusters must be >= 1", options.n_clusters);
  check(options.n_init >= 1, "kmeans: n_init must be >= 1", options.n_init);
  check(options.max_iter >= 1, "kmeans: max_iter must be >= 1", options.max_iter);
  check(options.tol >= 0.0, "kmeans: tol must be >= 0", options.tol);
  static_cast<void>(resolve_num_threads(options.num_threads));
}

void validate(const CurveOptions& options) {
  validate(options.fit);
  require(options.min_clusters >= 2, ErrorCode::invalid_argument,
          "kmeans: min_clusters must be >= 2", std::to_string(options.min_clusters));
  require(options.max_clusters >= options.min_clusters, ErrorCode::invalid_argument,
          "kmeans: max_clusters must be >= min_clusters", std::to_string(options.max_clusters));
  require(options.max_silhouette_points >= 2, ErrorCode::invalid_argument,
          "kmeans: max_silhouette_points must be >= 2",
          std::to_string(options.max_silhouette_points));
}

Result<double> fit(MatrixView<double> points, const Options& options,
                   std::span<const double> sample_weight) {
  return fit_of(points, options, sample_weight);
}

Result<float> fit(MatrixView<float> points, const Options& options,
                  std::span<const double> sample_weight) {
  return fit_of(points, options, sample_weight);
}

std::vector<std::int32_t> predict(MatrixView<double> points, MatrixView<double> centers,
                                  int num_threads) {
  return nearest_of(points, centers, {.num_threads = num_threads}, 1.0).labels;
}

std::vector<std::int32_t> predict(MatrixView<float> points, MatrixView<float> centers,
                                  int num_threads) {
  return nearest_of(points, centers, {.num_threads = num_threads}, 1.0).labels;
}

std::vector<double> transform(MatrixView<double> points, MatrixView<double> centers,
                              int num_threads) {
  return transform_of(points, centers, num_threads);
}

std::vector<float> transform(MatrixView<float> points, MatrixView<float> centers, int num_threads) {
  return transform_of(points, centers, num_threads);
}

double inertia(MatrixView<double> points, MatrixView<double> centers,
               const InertiaOptions& options) {
  return nearest_of(points, centers, options,
                    check_weights(options.sample_weight, points.num_rows()))
      .inertia;
}

double inertia(MatrixView<float> points, MatrixView<float> centers, const InertiaOptions& options) {
  return nearest_of(points, centers, options,
                    check_weights(options.sample_weight, points.num_rows()))
      .inertia;
}

std::size_t count_distinct(MatrixView<double> points, std::size_t at_most,
                           std::span<const double> sample_weight) {
  return checked_count(points, at_most, sample_weight);
}

std::size_t count_distinct(MatrixView<float> points, std::size_t at_most,
                           std::span<const double> sample_weight) {
  return checked_count(points, at_most, sample_weight);
}

Silhouette silhouette(MatrixView<double> points, std::span<const std::int32_t> labels,
                      const SilhouetteOptions& options) {
  return silhouette_of(points, labels, options);
}

Silhouette silhouette(MatrixView<float> points, std::span<const std::int32_t> labels,
                      const SilhouetteOptions& options) {
  return silhouette_of(points, labels, options);
}

Curve curve(MatrixView<double> points, const CurveOptions& options,
            std::span<const double> sample_weight) {
  return curve_of(points, options, sample_weight);
}

Curve curve(MatrixView<float> points, const CurveOptions& options,
            std::span<const double> sample_weight) {
  return curve_of(points, options, sample_weight);
}

}  // namespace ecommerce_analytics::kmeans
