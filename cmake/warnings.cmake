# What our own code is compiled with; never part of what a consumer gets. Warnings become errors in
# CMakePresets.json, for us and not for users.
add_library(ecommerce_analytics_warnings INTERFACE)
target_compile_options(ecommerce_analytics_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion
                                                              -Wshadow)
