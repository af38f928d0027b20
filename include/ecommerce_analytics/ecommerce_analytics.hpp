#pragma once

/// Everything the library offers.
#include "ecommerce_analytics/aggregate.hpp"
#include "ecommerce_analytics/cohort.hpp"
#include "ecommerce_analytics/core/calendar.hpp"
#include "ecommerce_analytics/core/error.hpp"
#include "ecommerce_analytics/core/interrupt.hpp"
#include "ecommerce_analytics/core/money.hpp"
#include "ecommerce_analytics/core/processor.hpp"
#include "ecommerce_analytics/customer_history.hpp"
#include "ecommerce_analytics/geo_aggregate.hpp"
#include "ecommerce_analytics/ingest.hpp"
#include "ecommerce_analytics/io/arrow_export.hpp"
#include "ecommerce_analytics/kpi.hpp"
#include "ecommerce_analytics/payments.hpp"
#include "ecommerce_analytics/rfm.hpp"
#include "ecommerce_analytics/selection.hpp"
#include "ecommerce_analytics/transactions.hpp"
