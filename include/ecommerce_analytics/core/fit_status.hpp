#pragma once

#include <cstdint>

/// How a fit by maximum likelihood ended.
namespace ecommerce_analytics {

enum class FitStatus : std::uint8_t {
  converged,
  boundary,       ///< The likelihood rises towards a limit of the model, which the fit names.
  not_converged,  ///< Out of steps.
};

/// The word for a status: `converged`, `boundary`, `not_converged`.
[[nodiscard]] constexpr const char* name_of(FitStatus status) noexcept {
  switch (status) {
    case FitStatus::converged:
      return "converged";
    case FitStatus::boundary:
      return "boundary";
    case FitStatus::not_converged:
      break;
  }
  return "not_converged";
}

}  // namespace ecommerce_analytics
