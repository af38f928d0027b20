#include "ecommerce_analytics/core/interrupt.hpp"

#include <utility>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

thread_local InterruptScope* innermost = nullptr;

}  // namespace

InterruptScope::InterruptScope(std::function<bool()> is_asked, std::chrono::milliseconds interval)
    : is_asked_(std::move(is_asked)),
      interval_(interval),
      next_(std::chrono::steady_clock::now() + interval),
      outer_(std::exchange(innermost, this)) {}

InterruptScope::~InterruptScope() { innermost = outer_; }

void poll_interrupt() {
  InterruptScope* const scope = innermost;
  if (scope == nullptr) {
    return;
  }
  if (scope->interval_.count() > 0) {
    const auto now = std::chrono::steady_clock::now();
    if (now < scope->next_) {
      return;
    }
    scope->next_ = now + scope->interval_;
  }
  require(!scope->is_asked_(), ErrorCode::interrupted, "interrupt: the caller asked to stop");
}

}  // namespace ecommerce_analytics
