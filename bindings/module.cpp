#include "interop.hpp"

PYBIND11_MODULE(_core, module) {
  namespace bindings = ecommerce_analytics::bindings;
  module.doc() = "Native core of ecommerce_analytics; call it through the package.";
  module.attr("__version__") = ECOMMERCE_ANALYTICS_VERSION;

  bindings::bind_errors();
  bindings::bind_interop(module);
  bindings::bind_transactions(module);
  bindings::bind_selection(module);
  bindings::bind_customer_history(module);
  bindings::bind_aggregate(module.def_submodule("aggregate"));
  bindings::bind_kmeans(module.def_submodule("kmeans"));
  bindings::bind_kpi(module.def_submodule("kpi"));
  bindings::bind_logistic(module.def_submodule("logistic"));
  bindings::bind_orders(module.def_submodule("orders"));
  bindings::bind_payments(module.def_submodule("payments"));
  bindings::bind_rfm(module.def_submodule("rfm"));
  bindings::bind_customer_clusters(module.def_submodule("customer_clusters"));
  bindings::bind_cohort(module.def_submodule("cohort"));
  bindings::bind_second_order(module.def_submodule("second_order"));
  bindings::bind_segment_migration(module.def_submodule("segment_migration"));
  bindings::bind_geo_aggregate(module.def_submodule("geo_aggregate"));
  bindings::bind_metrics(module.def_submodule("metrics"));
  bindings::bind_cutoff(module.def_submodule("cutoff"));
  bindings::bind_churn(module.def_submodule("churn"));
  bindings::bind_campaign(module.def_submodule("campaign"));
  bindings::bind_purchase_history(module.def_submodule("purchase_history"));
  bindings::bind_bg_nbd(module.def_submodule("bg_nbd"));
  bindings::bind_pareto_nbd(module.def_submodule("pareto_nbd"));
  bindings::bind_gamma_gamma(module.def_submodule("gamma_gamma"));
}
