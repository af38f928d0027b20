#include "history_view.hpp"

#include <span>
#include <string_view>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

/// By code: whether the key is one of `selected`.
std::vector<std::uint8_t> flags_of(const KeyColumn& selected, const Dictionary& keys,
                                   std::string_view what) {
  require(selected.type() == keys.type() || selected.type() == KeyType::none ||
              keys.type() == KeyType::none,
          ErrorCode::schema_mismatch, "selection: integer and text keys for one thing", what);
  std::vector<std::uint8_t> flags(keys.num_codes());
  for (std::size_t row = 0; row < selected.size(); ++row) {
    if (const auto code = keys.find(selected[row])) {
      flags[*code] = 1;
    }
  }
  return flags;
}

}  // namespace

HistoryView::HistoryView(const CustomerHistory& history, std::optional<std::int64_t> as_of_us)
    : history_(&history),
      as_of_us_(history.resolve_as_of(as_of_us)),
      start_day_(history.days().front().day),
      end_day_(day_of(as_of_us_ - 1) + 1),
      last_data_day_(start_day_) {
  for (const DayState& day : history.days()) {
    last_data_day_ = day.day < end_day_ ? day.day : last_data_day_;
  }
  const Selection& selection = history.options().selection;
  if (selection.is_everything()) {
    return;
  }
  start_day_ = std::max(start_day_, selection.start_day.value_or(start_day_));
  end_day_ = std::max(start_day_, std::min(end_day_, selection.end_day.value_or(end_day_)));

  const std::span<const OrderState> orders = history.orders();
  const std::vector<std::uint8_t> is_region =
      selection.region ? flags_of(selection.region->keys, history.region_keys(), "region")
                       : std::vector<std::uint8_t>{};
  if (selection.customers) {
    is_in_population_ = flags_of(*selection.customers, history.customer_keys(), "customers");
    is_in_population_[Dictionary::kUnknownCode] = 0;  // Guests are no customers.
  }
  is_selected_ = selection.orders ? flags_of(*selection.orders, history.order_keys(), "orders")
                                  : std::vector<std::uint8_t>(orders.size(), 1);
  const std::uint32_t all_matches =
      static_cast<std::uint32_t>((std::uint64_t{1} << selection.dimensions.size()) - 1);
  for (std::uint32_t order = 0; order < orders.size(); ++order) {
    const OrderState& state = orders[order];
    const bool is_in =
        (state.matches & all_matches) == all_matches && is_in_population(state.customer) &&
        (!selection.region || is_region[CustomerHistory::region_at(state, as_of_us_)] != 0);
    is_selected_[order] &= static_cast<std::uint8_t>(is_in);
  }
}

}  // namespace ecommerce_analytics
