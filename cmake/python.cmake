# The extension module, component `python`: all that a wheel takes from this build.
if(BUILD_SHARED_LIBS)
  message(FATAL_ERROR "The Python extension carries the library in itself: BUILD_SHARED_LIBS must "
                      "be off with ECOMMERCE_ANALYTICS_BUILD_PYTHON.")
endif()

# Development.Module is asked for before pybind11, which otherwise looks for an embeddable Python.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 3 CONFIG QUIET HINTS ${ecommerce_analytics_site_packages}
             PATH_SUFFIXES pybind11/share/cmake/pybind11)
if(NOT pybind11_FOUND)
  message(FATAL_ERROR "pybind11 3 was not found. Install it: pip install 'pybind11>=3'\n"
                      "(Debian's package is too old).")
endif()

pybind11_add_module(
  _core
  bindings/bind_aggregate.cpp
  bindings/bind_bg_nbd.cpp
  bindings/bind_campaign.cpp
  bindings/bind_churn.cpp
  bindings/bind_cohort.cpp
  bindings/bind_customer_clusters.cpp
  bindings/bind_customer_history.cpp
  bindings/bind_cutoff.cpp
  bindings/bind_gamma_gamma.cpp
  bindings/bind_geo_aggregate.cpp
  bindings/bind_kmeans.cpp
  bindings/bind_kpi.cpp
  bindings/bind_logistic.cpp
  bindings/bind_metrics.cpp
  bindings/bind_orders.cpp
  bindings/bind_pareto_nbd.cpp
  bindings/bind_payments.cpp
  bindings/bind_purchase_history.cpp
  bindings/bind_rfm.cpp
  bindings/bind_second_order.cpp
  bindings/bind_segment_migration.cpp
  bindings/bind_selection.cpp
  bindings/bind_transactions.cpp
  bindings/interop.cpp
  bindings/module.cpp)
target_compile_definitions(_core PRIVATE ECOMMERCE_ANALYTICS_VERSION="${PROJECT_VERSION}")
target_compile_options(_core PRIVATE -ffp-contract=off)
target_link_libraries(_core PRIVATE ecommerce_analytics::ecommerce_analytics
                                    ecommerce_analytics_warnings)
# Nothing but the module's entry is visible outside of it.
target_link_options(_core PRIVATE -Wl,--exclude-libs,ALL)
install(TARGETS _core LIBRARY DESTINATION ecommerce_analytics COMPONENT python)
