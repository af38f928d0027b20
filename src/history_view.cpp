#include "history_view.hpp"

#include <string_view>
#include <vector>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

using Flags = std::vector<std::uint8_t>;

/// By code: whether the key is one of `selected`.
Flags flags_of(const KeyColumn& selected, const Dictionary& keys, std::string_view what) {
  require(selected.type() == keys.type() || selected.type() == KeyType::none ||
              keys.type() == KeyType::none,
          ErrorCode::schema_mismatch, "selection: integer and text keys for one thing", what);
  Flags flags(keys.num_codes());
  for (std::size_t row = 0; row < selected.size(); ++row) {
    if (const auto code = keys.find(selected[row])) {
      flags[*code] = 1;
    }
  }
  return flags;
}

void keep_both(Flags& flags, const Flags& others) {
  for (std::size_t i = 0; i < flags.size(); ++i) {
    flags[i] &= others[i];
  }
}

/// By customer code: whether the first order was placed before `as_of_us`, in one of the regions.
Flags at_home_in(const KeyColumn& regions, const CustomerHistory& history,
                 const std::vector<std::uint32_t>& first_orders,
                 const std::vector<std::uint32_t>& homes, std::int64_t as_of_us) {
  const Flags is_region = flags_of(regions, history.region_keys(), "region");
  Flags flags(homes.size());
  for (std::size_t customer = 0; customer < flags.size(); ++customer) {
    const OrderState& first = history.orders()[first_orders[customer]];
    flags[customer] = first.purchase_us < as_of_us ? is_region[homes[customer]] : 0;
  }
  return flags;
}

/// By order code: whether one of its codes of a kept dimension is let in.
template <class OrderKeys>
Flags any_of(const OrderKeys& kept, const Flags& is_in) {
  Flags flags(kept.one.size());
  for (std::size_t order = 0; order < flags.size(); ++order) {
    const std::uint32_t code = kept.one[order];
    flags[order] = code < is_in.size() ? is_in[code] : 0;  // One without a line has no code.
  }
  for (const auto& more : kept.more) {
    flags[more.order] |= is_in[more.code];
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
  {
    const std::lock_guard lock(history.state_->index->mutex);
    index_ = history.state_->index->index;
  }
  const Selection& selection = history.options().selection;
  start_day_ = std::max(start_day_, selection.start_day.value_or(start_day_));
  end_day_ = std::max(start_day_, std::min(end_day_, selection.end_day.value_or(end_day_)));
  if (selection.is_window()) {
    return;
  }
  const std::lock_guard lock(history.memory_->mutex);
  if (history.memory_->selected == nullptr || history.memory_->as_of_us != as_of_us_) {
    history.memory_->selected = std::make_shared<const SelectedOrders>(select_orders());
    history.memory_->as_of_us = as_of_us_;
  }
  selected_ = history.memory_->selected;
  is_selected_ = selected_->is_selected;
  is_in_population_ = selected_->is_in_population;
}

SelectedOrders HistoryView::select_orders() const {
  const CustomerHistory::State& state = *history_->state_;
  const HistoryOptions& options = history_->options();
  const Selection& selection = options.selection;
  SelectedOrders selected;

  Flags& is_in_population = selected.is_in_population;
  if (selection.customers) {
    is_in_population = flags_of(*selection.customers, *state.customer_keys, "customers");
  }
  if (selection.home_region) {
    const KeyColumn& regions = selection.home_region->keys;
    Flags at_home;
    if (index_ != nullptr) {
      at_home = at_home_in(regions, *history_, index_->orders().first_orders(),
                           index_->home_regions(), as_of_us_);
    } else {
      const std::vector<std::uint32_t> first = first_orders_of(*history_);
      at_home = at_home_in(regions, *history_, first, home_regions_of(*history_, first), as_of_us_);
    }
    if (selection.customers) {
      keep_both(is_in_population, at_home);
    } else {
      is_in_population = std::move(at_home);
    }
  }
  if (!is_in_population.empty()) {
    is_in_population[Dictionary::kUnknownCode] = 0;  // Guests are no customers.
  }

  Flags& is_selected = selected.is_selected;
  is_selected = selection.orders ? flags_of(*selection.orders, *state.order_keys, "orders")
                                 : Flags(state.orders.size(), 1);
  std::size_t num_bits = 0;
  for (const DimensionFilter& filter : selection.dimensions) {
    const auto kept =
        std::find(options.dimensions.begin(), options.dimensions.end(), filter.dimension);
    if (kept == options.dimensions.end()) {
      ++num_bits;
      continue;
    }
    const CustomerHistory::OrderKeys& keys =
        state.dimensions[static_cast<std::size_t>(kept - options.dimensions.begin())];
    keep_both(is_selected, any_of(keys, flags_of(filter.keys, *keys.keys, filter.dimension)));
  }
  const Flags is_region =
      selection.region ? flags_of(selection.region->keys, *state.region_keys, "region") : Flags{};
  const auto all_matches = static_cast<std::uint32_t>(((std::uint64_t{1} << num_bits) - 1)
                                                      << (2 * options.marks.size()));
  if (all_matches == 0 && is_region.empty() && is_in_population.empty()) {
    return selected;
  }
  for (std::uint32_t order = 0; order < state.orders.size(); ++order) {
    const OrderState& one = state.orders[order];
    const bool is_in =
        (one.matches & all_matches) == all_matches &&
        (is_in_population.empty() || is_in_population[one.customer] != 0) &&
        (is_region.empty() || is_region[CustomerHistory::region_at(one, as_of_us_)] != 0);
    is_selected[order] &= static_cast<std::uint8_t>(is_in);
  }
  return selected;
}

std::shared_ptr<const OrdersByDay> HistoryView::orders_by_day() const {
  return index_ != nullptr ? std::shared_ptr<const OrdersByDay>(index_, &index_->orders())
                           : std::make_shared<const OrdersByDay>(*history_);
}

}  // namespace ecommerce_analytics
