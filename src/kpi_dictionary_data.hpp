#pragma once

#include <cstddef>
#include <cstdint>

#include "ecommerce_analytics/kpi.hpp"

/// The KPI dictionary, embedded at configure time from
/// python/ecommerce_analytics/kpi_dictionary.toml: one definition for C++, Python and the page.
namespace ecommerce_analytics::kpi::data {

enum class Operation : std::uint8_t { sum, guest_sum, lines, measure, count, quotient };

struct EmbeddedKpi {
  Definition definition;
  const char* operand;      ///< Of a measure or count its name, of a quotient the numerator.
  const char* denominator;  ///< Of a quotient.
  std::uint32_t kinds;      ///< Bit i: `LineKind` i is added up.
  Operation operation;
  bool is_negated;  ///< The numerator is taken times -1.
};

extern const EmbeddedKpi kEmbedded[];
extern const std::size_t kNumEmbedded;

}  // namespace ecommerce_analytics::kpi::data
