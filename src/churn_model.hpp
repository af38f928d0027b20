#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ecommerce_analytics/churn.hpp"

/// The columns that a model of churn reads.
namespace ecommerce_analytics::churn {

/// Appends sign(x) log(1 + |x|) of the features of that name, 0 for null.
void append_feature(const cutoff::Features& features, std::string_view name,
                    std::vector<double>& column);

/// The standardised columns of data sets one behind the other, row by row.
[[nodiscard]] std::vector<double> matrix_of(const Model& model,
                                            const std::vector<std::vector<double>>& columns);

/// @throws Error  `invalid_argument` if features or a data set are of other options than the model.
void require_fit(const Model& model, const cutoff::Features& features);
void require_fit(const Model& model, const cutoff::Dataset& dataset);

}  // namespace ecommerce_analytics::churn
