#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecommerce_analytics/core/money.hpp"
#include "ecommerce_analytics/selection.hpp"
#include "ecommerce_analytics/transactions.hpp"

/// What is known of each customer's orders: the state that every analysis of orders reads.
namespace ecommerce_analytics {

struct HistoryIndexSlot;
struct SelectionMemory;

/// What a history keeps; fixed when it is made.
struct HistoryOptions {
  /// Moment, exclusive, from which on lines are ignored and counted, in civil microseconds. With
  /// it `as_of` may be any moment; without it, any midnight can be asked for later.
  std::optional<std::int64_t> as_of_us = std::nullopt;

  /// Name of the dimension to keep for each order, such as `region`; empty: none.
  std::string region{};

  /// Measures to keep for each order and day. `quantity` is that of the lines of kind sale.
  std::vector<std::string> measures{};

  /// Marks to keep for each order, such as the key `late` of the dimension `delivery`: whether a
  /// line of it has a known key, and whether one has one of these keys. A mark counts as two
  /// dimensions of the selection, of which there are at most 32.
  std::vector<DimensionFilter> marks{};

  /// Names of dimensions, such as `category`, of which the distinct keys of each order are kept:
  /// by them `CustomerHistory::select` can choose.
  std::vector<std::string> dimensions{};

  /// What the analyses of this history sum up. With dimensions in it, the history answers one
  /// moment only: `as_of_us`, or the default one.
  Selection selection{};

  friend bool operator==(const HistoryOptions&, const HistoryOptions&) = default;
};

/// One order: all that outlives its lines.
struct OrderState {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  std::int64_t purchase_us = kNever;  ///< Earliest purchase line; `kNever`: it has none.
  std::int64_t line_us = kNever;      ///< Earliest line of any kind; `kNever`: no line met yet.
  std::uint32_t customer = 0;         ///< Code of `customers()`; 0 is a guest.
  std::uint32_t purchase_region = 0;  ///< Region of the earliest purchase line, ties: least key.
  std::uint32_t line_region = 0;      ///< Region of the earliest line, ties: least key.
  std::uint32_t matches = 0;          ///< Two bits for each mark; behind them bit i: a line of it
                                      ///< matches the i-th dimension selected that is not kept.
};

/// Lines of one kind, or one measure, of one order on one day. Several of them may name the same
/// order and day: add them.
struct OrderDay {
  std::uint32_t order = 0;     ///< Code of `orders()`; 0: an empty place.
  std::int32_t day = 0;        ///< Since 1970-01-01.
  Money128 sum{};              ///< Amounts, or values of the measure.
  std::int64_t num_lines = 0;  ///< Lines added up.
};

/// Lines of one civil day.
struct DayState {
  std::int32_t day = 0;
  std::int64_t num_lines = 0;
};

/// An accumulator over order lines: chunks, threads, shards and daily loads are one mechanism.
///
/// All of it is counts, exact sums and least values, so the state says the same whatever the
/// order of the rows and however they were split. O(customers + order-days) memory. It borrows
/// the dictionaries of the first table until another one comes in. Reading one history from
/// several threads is safe while nothing is added.
///
/// Copies, and what `select` returns, share one state until one of them takes lines in, which
/// copies it first: no other one ever changes.
class CustomerHistory {
 public:
  explicit CustomerHistory(HistoryOptions options = {});

  /// Takes the lines of a table in; the same lines twice count twice.
  ///
  /// @param num_threads  0: as many as there are cores allowed.
  /// @throws Error  `schema_mismatch` if the table lacks the region, a measure or a dimension of
  /// the
  ///                selection, its keys are of another type, its currency or its purchase rule is
  ///                another one, `invalid_data` if an order has two customers, `overflow`. Nothing
  ///                is changed then.
  /// @par Complexity  O(rows), and O(keys) more for every table but the first.
  void add(const Transactions& rows, int num_threads = 0);

  /// Takes another history in, by key; a merge of shards equals the whole.
  /// @throws Error  as `add`, and `invalid_argument` if its options differ.
  void merge(const CustomerHistory& other);

  /// The same orders and customers under another selection, in the place of its own: every
  /// analysis of it says what that of a history made with this selection says.
  ///
  /// The first call sorts the state by day, once for all that share it; analyses of all of them
  /// are faster from then on.
  ///
  /// @throws Error  `invalid_argument` if the selection names a dimension or a region that the
  ///                history does not keep, `schema_mismatch` if their keys are of another type.
  /// @par Complexity  O(keys); the first call O(order-days), with 20 bytes for each of them.
  [[nodiscard]] CustomerHistory select(Selection selection) const;

  [[nodiscard]] const HistoryOptions& options() const noexcept { return options_; }
  [[nodiscard]] bool is_empty() const noexcept { return state_->num_lines == 0; }

  /// `as_of_us` if it is given; else the moment at which the history was cut; else 00:00 after the
  /// day of the last line.
  ///
  /// @throws Error  `invalid_argument` if there is no line, if no purchase lies before `as_of`, or
  ///                if the history cannot tell: `as_of` is no midnight, is later than the moment
  ///                at which the history was cut, or is another one than that at which the
  ///                dimensions of its selection were read.
  [[nodiscard]] std::int64_t resolve_as_of(std::optional<std::int64_t> as_of_us) const;

  /// Tells of a mark, by its place in `options().marks`, whether a line of the order has a known
  /// key of its dimension, and whether one has one of its keys.
  [[nodiscard]] bool is_mark_known(const OrderState& order, std::size_t mark) const noexcept {
    return (order.matches >> (2 * mark) & 1U) != 0;
  }
  [[nodiscard]] bool has_mark(const OrderState& order, std::size_t mark) const noexcept {
    return (order.matches >> (2 * mark + 1) & 1U) != 0;
  }
  /// @throws Error  `invalid_argument` unless `as_of_us` is the moment at which marks were read:
  ///                which line has one, and when, is not kept.
  void require_marks_at(std::int64_t as_of_us) const;

  /// Lines at or after `as_of_us`, which an analysis at that moment leaves out.
  [[nodiscard]] std::int64_t num_lines_from(std::int64_t as_of_us) const noexcept;

  /// By order code; entry 0 and those whose `line_us` is `kNever` are no orders.
  [[nodiscard]] std::span<const OrderState> orders() const noexcept { return state_->orders; }
  /// Lines of a kind, in no particular order; those of order 0 are empty.
  [[nodiscard]] std::span<const OrderDay> order_days(LineKind kind) const noexcept {
    return state_->columns[static_cast<std::size_t>(kind)].days;
  }
  /// A measure by its place in `options().measures`, as above.
  [[nodiscard]] std::span<const OrderDay> measure_days(std::size_t measure) const noexcept {
    return state_->columns[kNumLineKinds + measure].days;
  }
  /// By increasing day, one for each day that has a line.
  [[nodiscard]] std::span<const DayState> days() const noexcept { return state_->days; }

  /// Keys of the codes above.
  [[nodiscard]] const Dictionary& customer_keys() const noexcept { return *state_->customer_keys; }
  [[nodiscard]] const Dictionary& order_keys() const noexcept { return *state_->order_keys; }
  [[nodiscard]] const Dictionary& region_keys() const noexcept { return *state_->region_keys; }
  [[nodiscard]] const std::string& currency() const noexcept { return state_->currency; }

  /// Region of an order as known at `as_of_us`: of its earliest purchase line, if it has one.
  [[nodiscard]] static std::uint32_t region_at(const OrderState& order,
                                               std::int64_t as_of_us) noexcept {
    return order.purchase_us < as_of_us ? order.purchase_region : order.line_region;
  }

 private:
  friend class HistoryView;  // Reads the kept dimensions and remembers what they let in.
  struct CodeMaps;
  struct Filters;
  struct Part;

  /// Sums of a kind of line or of a measure: the first day of each order at its code, further ones
  /// behind. Empty as long as no line of it was met.
  struct OrderDays {
    std::vector<OrderDay> days{};
    std::size_t num_compact = 0;  // So many of them name no order and day twice.
  };

  /// Distinct codes of a kept dimension: one of each order at its code, further ones behind.
  struct OrderKeys {
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    struct More {
      std::uint32_t order = 0;
      std::uint32_t code = 0;
      auto operator<=>(const More&) const = default;
    };

    std::vector<std::uint32_t> one{};  // `kNone`: no line met yet.
    std::vector<More> more{};
    std::size_t num_compact = 0;  // So many of them are distinct.
    std::shared_ptr<const Dictionary> keys{};
  };

  /// All that lines leave behind, whatever is selected.
  struct State {
    std::vector<OrderState> orders{};
    std::vector<OrderDays> columns{};     // One per kind of line, then one per measure.
    std::vector<OrderKeys> dimensions{};  // One per dimension kept.
    std::vector<DayState> days{};         // By increasing day.
    std::shared_ptr<const Dictionary> customer_keys{};
    std::shared_ptr<const Dictionary> order_keys{};
    std::shared_ptr<const Dictionary> region_keys{};
    bool has_table = false;
    PurchaseRule purchase_rule = PurchaseRule::positive_amount;
    std::string currency{};
    std::int64_t num_lines = 0;
    std::int64_t num_lines_cut = 0;
    std::int64_t last_line_us = std::numeric_limits<std::int64_t>::min();
    std::int64_t first_purchase_us = OrderState::kNever;
    std::shared_ptr<HistoryIndexSlot> index{};  // Of this state; a changed one has another slot.
  };

  static CustomerHistory of_table(const HistoryOptions& options, const Transactions& rows,
                                  int num_threads);
  static void gather(const HistoryOptions& options, const Transactions& rows,
                     const Filters& filters, std::uint32_t first_order, std::uint32_t end_order,
                     State& state, Part& part);
  static void merge_days(OrderDays& ours, const OrderDays& other, const CodeMaps& codes,
                         std::size_t num_codes);
  static void merge_keys(OrderKeys& ours, const OrderKeys& other, const CodeMaps& codes,
                         std::size_t dimension);
  static void merge_states(State& ours, const State& other, const CodeMaps& codes);
  void require_mergeable(const CustomerHistory& other) const;
  [[nodiscard]] bool is_kept(const std::string& dimension) const noexcept;
  State& own();

  HistoryOptions options_;
  std::shared_ptr<State> state_;             // Never null, but after a move.
  std::shared_ptr<SelectionMemory> memory_;  // What readers remember of this state and selection.
};

}  // namespace ecommerce_analytics
