#pragma once

#include <array>
#include <cstddef>

/// Gauss-Legendre quadrature.
namespace ecommerce_analytics::gauss_legendre {

namespace detail {

/// Half of the nodes of the rule with 16, which lie symmetric to 0.
inline constexpr std::array<double, 8> kNodes{
    0.09501250983763744, 0.2816035507792589, 0.45801677765722737, 0.6178762444026438,
    0.755404408355003,   0.8656312023878318, 0.9445750230732326,  0.9894009349916499};
inline constexpr std::array<double, 8> kWeights{
    0.18945061045506864, 0.18260341504492364, 0.16915651939500265,  0.1495959888165767,
    0.12462897125553407, 0.0951585116824926,  0.062253523938647456, 0.027152459411754176};

}  // namespace detail

/// Calls `visit(point, weight)` at the 16 nodes of the rule over [low, high].
/// Source: Abramowitz and Stegun, 25.4.30.
template <class Visit>
void for_each_node(double low, double high, const Visit& visit) {
  const double half = 0.5 * (high - low);
  const double middle = 0.5 * (high + low);
  for (std::size_t i = 0; i < detail::kNodes.size(); ++i) {
    for (const double side : {-1.0, 1.0}) {
      visit(middle + side * half * detail::kNodes[i], half * detail::kWeights[i]);
    }
  }
}

}  // namespace ecommerce_analytics::gauss_legendre
