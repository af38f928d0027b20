#!/usr/bin/env bash
# Runs the Python tests that call into the extension, on the one that was built with sanitizers.
#
#   tools/test_sanitized.sh BUILD_FOLDER
#
# Left out are the tests that start programs of their own, read no native code, or only make files
# ready for it or write what it told, and the one that measures how soon a large call stops:
# sanitizers make them slow and find nothing more in them.
set -euo pipefail
cd "$(dirname "$0")/.."
build="$(realpath "$1")"
python="${PYTHON_OF_TESTS:-.venv/bin/python}"

left_out=(
  actions architecture churn_rivals cli clv customer_lists customers dashboard dashboard_churn
  dashboard_clv dashboard_customers dashboard_data dashboard_geography dashboard_journey
  dashboard_products dashboard_recommendations dashboard_report dashboard_retention
  dashboard_shapes dashboard_simulator dashboard_sources dashboard_tiles docs explain_lines
  exports figures_have_intervals forget heatmap holdout installation interrupt kept klaviyo
  layouts mapping_suggestion model_card model_commands narrative notebooks output_folder privacy
  recommendations report row_removal run saved_model segments settings shopify simulate_command
  table_file warehouse weekly_changes woocommerce workbook
)
left_out=("${left_out[@]/%/.py}")

package="$build/package/ecommerce_analytics"
rm -rf "$package"
mkdir -p "$package"
cp -r python/ecommerce_analytics/. "$package/"
rm -f "$package"/_core*.so
cp "$build"/_core*.so "$package/"

# Python itself is not built with the sanitizers: their library has to come first, and libstdc++
# with it, so that the sanitizer finds the function by which exceptions are thrown.
LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so)" \
  ASAN_OPTIONS=detect_leaks=0 HYPOTHESIS_PROFILE=sanitized \
  PYTHONPATH="$build/package" "$python" -m pytest -q -n 2 -p no:cacheprovider \
  "${left_out[@]/#/--ignore=tests/python/test_}" "${@:2}"
