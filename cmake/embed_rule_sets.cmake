# Writes the RFM rule sets, TOML data of the Python package, as the C++ arrays that
# src/rule_sets_data.hpp declares, so that both languages read one definition.
#
#   embed_rule_sets(<file to write> <TOML file>...)
#
# Reads the few forms below, one to a line, and stops at any other.
#
#   name = "default"
#   n_bins = 5
#   second = "fm"
#   rules = [
#     { r = [5, 5], fm = [4, 5], segment = "Champions" },
#   ]
#   [strategies]
#   "Champions" = "Thank them."
function(embed_rule_sets output)
  set(arrays "")
  set(table "")
  set(number 1)
  foreach(input IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH input BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                                                                   "${input}")
    read_rule_set("${input}")
    string(APPEND arrays
           "constexpr EmbeddedRule kRules${number}[] = {\n${rules}};\n\n"
           "constexpr EmbeddedStrategy kStrategies${number}[] = {\n${strategies}};\n\n")
    string(APPEND table "    {\"${name}\", ${n_bins}, \"${second}\", kRules${number}, "
                        "std::size(kRules${number}), kStrategies${number}, "
                        "std::size(kStrategies${number})},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(
    CONFIGURE
    OUTPUT "${output}"
    CONTENT
      [[// Written by cmake/embed_rule_sets.cmake from python/ecommerce_analytics/rule_sets/*.toml.
#include "rule_sets_data.hpp"

#include <cstddef>
#include <iterator>

namespace ecommerce_analytics::rfm::data {
namespace {

@arrays@}  // namespace

extern const EmbeddedRuleSet kEmbedded[] = {
@table@};
extern const std::size_t kNumEmbedded = std::size(kEmbedded);

}  // namespace ecommerce_analytics::rfm::data
]]
    @ONLY)
endfunction()

# Sets name, n_bins, second, rules and strategies (C++ initializers, a line each) in the caller's
# scope.
function(read_rule_set input)
  set(space "[ \t]*")
  set(end "${space}(#.*)?$")
  set(text "\"([^\"\\\\]+)\"")
  set(range "\\[${space}([0-9]+)${space},${space}([0-9]+)${space}\\]")

  set(name "")
  set(n_bins "")
  set(second "")
  set(rules "")
  set(strategies "")
  set(part "head") # then "rules", "tail", "strategies"
  set(line_number 0)

  # No CMake list of lines: an open bracket in a list swallows its separators.
  file(READ "${input}" rest)
  while(NOT rest STREQUAL "")
    string(FIND "${rest}" "\n" length)
    string(SUBSTRING "${rest}" 0 ${length} line)
    if(length EQUAL -1)
      set(rest "")
    else()
      math(EXPR length "${length} + 1")
      string(SUBSTRING "${rest}" ${length} -1 rest)
    endif()
    math(EXPR line_number "${line_number} + 1")

    if(line MATCHES "^${end}")
      continue()
    elseif(part STREQUAL "head" AND line MATCHES "^name${space}=${space}${text}${end}")
      set(name "${CMAKE_MATCH_1}")
    elseif(part STREQUAL "head" AND line MATCHES "^n_bins${space}=${space}([0-9]+)${end}")
      set(n_bins "${CMAKE_MATCH_1}")
    elseif(part STREQUAL "head" AND line MATCHES "^second${space}=${space}\"(fm|f)\"${end}")
      set(second "${CMAKE_MATCH_1}")
    elseif(part STREQUAL "head" AND line MATCHES "^rules${space}=${space}\\[${end}")
      set(part "rules")
      if(name STREQUAL "" OR n_bins STREQUAL "" OR second STREQUAL "")
        message(FATAL_ERROR "${input}:${line_number}: name, n_bins and second stand before rules")
      endif()
      string(CONCAT rule "^${space}{${space}r${space}=${space}${range}${space},${space}"
                    "${second}${space}=${space}${range}${space},${space}"
                    "segment${space}=${space}${text}${space}}${space},?${end}")
    elseif(part STREQUAL "rules" AND line MATCHES "${rule}")
      foreach(bound IN ITEMS ${CMAKE_MATCH_1} ${CMAKE_MATCH_2} ${CMAKE_MATCH_3} ${CMAKE_MATCH_4})
        if(bound LESS 1 OR bound GREATER n_bins)
          message(FATAL_ERROR "${input}:${line_number}: ${bound} is outside 1 to ${n_bins}")
        endif()
      endforeach()
      string(APPEND rules "    {${CMAKE_MATCH_1}, ${CMAKE_MATCH_2}, ${CMAKE_MATCH_3}, "
                          "${CMAKE_MATCH_4}, \"${CMAKE_MATCH_5}\"},\n")
    elseif(part STREQUAL "rules" AND line MATCHES "^${space}\\]${end}")
      set(part "tail")
    elseif(part STREQUAL "tail" AND line MATCHES "^\\[strategies\\]${end}")
      set(part "strategies")
    elseif(part STREQUAL "strategies" AND line MATCHES "^${text}${space}=${space}${text}${end}")
      string(APPEND strategies "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\"},\n")
    else()
      message(FATAL_ERROR "${input}:${line_number}: not understood: ${line}")
    endif()
  endwhile()

  if(rules STREQUAL "" OR strategies STREQUAL "")
    message(FATAL_ERROR "${input}: the rules or the strategies are missing or empty")
  endif()
  foreach(variable IN ITEMS name n_bins second rules strategies)
    set(${variable} "${${variable}}" PARENT_SCOPE)
  endforeach()
endfunction()
