#pragma once

#include <cstddef>

/// The built-in rule sets, embedded at configure time from
/// python/ecommerce_analytics/rule_sets/*.toml: one definition for C++ and Python.
namespace ecommerce_analytics::rfm::data {

struct EmbeddedRule {
  int r_min, r_max, second_min, second_max;
  const char* segment;
};

struct EmbeddedStrategy {
  const char* segment;
  const char* strategy;
};

struct EmbeddedRuleSet {
  const char* name;
  int n_bins;
  const char* second;
  const EmbeddedRule* rules;
  std::size_t num_rules;
  const EmbeddedStrategy* strategies;
  std::size_t num_strategies;
};

extern const EmbeddedRuleSet kEmbedded[];
extern const std::size_t kNumEmbedded;

}  // namespace ecommerce_analytics::rfm::data
