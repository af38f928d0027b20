# Writes the KPI dictionary, TOML data of the Python package, as the C++ array that
# src/kpi_dictionary_data.hpp declares, so that the code computes what the dictionary says.
#
#   embed_kpi_dictionary(<file to write> <TOML file>)
#
# Reads entries of this form, all keys in this order, one to a line, and stops at any other. The
# forms of a formula stand at the head of the TOML file.
#
#   [[kpi]]
#   name = "average_order_value"
#   title = "Average order value"
#   …
set(kpi_keys name title definition formula unit grain filters null_rule source)

function(embed_kpi_dictionary output input)
  cmake_path(ABSOLUTE_PATH input BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${input}")
  set(entries "")
  set(names "")
  set(facts "") # The names of what is no quotient.
  set(key_number -1) # Of the last key read; -1: no entry has begun.
  list(LENGTH kpi_keys num_keys)
  math(EXPR last_key "${num_keys} - 1")
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
    set(place "${input}:${line_number}")

    if(line MATCHES "^(#.*)?$")
      continue()
    elseif(line STREQUAL "[[kpi]]" AND (key_number EQUAL -1 OR key_number EQUAL last_key))
      set(key_number -1)
      set(texts "")
      set(begun TRUE)
    elseif(begun AND key_number LESS last_key AND line MATCHES "^([a-z_]+) = \"([^\"\\\\]+)\"$")
      set(text "${CMAKE_MATCH_2}")
      math(EXPR key_number "${key_number} + 1")
      list(GET kpi_keys ${key_number} key)
      if(NOT CMAKE_MATCH_1 STREQUAL key)
        message(FATAL_ERROR "${place}: ${key} was expected: ${line}")
      endif()
      if(key STREQUAL "name")
        if(text IN_LIST names)
          message(FATAL_ERROR "${place}: the name stands twice: ${text}")
        endif()
        set(name "${text}")
      elseif(key STREQUAL "formula")
        read_kpi_formula("${text}" "${facts}" "${place}")
      endif()
      string(APPEND texts "\"${text}\", ")
      if(key_number EQUAL last_key)
        list(APPEND names "${name}")
        if(NOT formula MATCHES "quotient")
          list(APPEND facts "${name}")
        endif()
        string(APPEND entries "    {{${texts}},\n     ${formula}},\n")
      endif()
    else()
      message(FATAL_ERROR "${place}: not understood: ${line}")
    endif()
  endwhile()
  if(NOT key_number EQUAL last_key)
    message(FATAL_ERROR "${input}: the dictionary is empty, or its last entry is not whole")
  endif()
  file(
    CONFIGURE
    OUTPUT "${output}"
    CONTENT
      [[// Written by cmake/embed_kpi_dictionary.cmake from kpi_dictionary.toml.
#include "kpi_dictionary_data.hpp"

#include <cstddef>
#include <iterator>

namespace ecommerce_analytics::kpi::data {

extern const EmbeddedKpi kEmbedded[] = {
@entries@};
extern const std::size_t kNumEmbedded = std::size(kEmbedded);

}  // namespace ecommerce_analytics::kpi::data
]]
    @ONLY)
endfunction()

# Sets formula (the C++ initializers behind the texts of an entry) in the caller's scope.
function(read_kpi_formula text facts place)
  set(kinds sale refund shipping fee discount adjustment)
  if(text MATCHES "^(sum|guest_sum|lines)\\(([a-z, ]+)\\)$")
    set(operation "${CMAKE_MATCH_1}")
    string(REPLACE ", " ";" told "${CMAKE_MATCH_2}")
    set(mask 0)
    foreach(kind IN LISTS told)
      list(FIND kinds "${kind}" bit)
      if(bit EQUAL -1)
        message(FATAL_ERROR "${place}: no kind of line: ${kind}")
      endif()
      math(EXPR mask "${mask} | (1 << ${bit})")
    endforeach()
    set(formula "\"\", \"\", ${mask}, Operation::${operation}, false")
  elseif(text MATCHES "^measure\\(([a-z_]+)\\)$")
    set(formula "\"${CMAKE_MATCH_1}\", \"\", 0, Operation::measure, false")
  elseif(text MATCHES "^count\\(([a-z_]+)\\)$")
    set(counts orders customer_orders guest_orders customers repeat_customers new_customers
               returning_customers)
    if(NOT CMAKE_MATCH_1 IN_LIST counts)
      message(FATAL_ERROR "${place}: nothing is counted as ${CMAKE_MATCH_1}")
    endif()
    set(formula "\"${CMAKE_MATCH_1}\", \"\", 0, Operation::count, false")
  elseif(text MATCHES "^(-?)([a-z_]+) / ([a-z_]+)$")
    set(is_negated false)
    if(CMAKE_MATCH_1 STREQUAL "-")
      set(is_negated true)
    endif()
    foreach(part IN ITEMS "${CMAKE_MATCH_2}" "${CMAKE_MATCH_3}")
      if(NOT part IN_LIST facts)
        message(FATAL_ERROR "${place}: no sum or count of this name stands above: ${part}")
      endif()
    endforeach()
    # if() with MATCHES sets CMAKE_MATCH_n anew; IN_LIST does not.
    string(CONCAT formula "\"${CMAKE_MATCH_2}\", \"${CMAKE_MATCH_3}\", 0, "
                          "Operation::quotient, ${is_negated}")
  else()
    message(FATAL_ERROR "${place}: no form of a formula: ${text}")
  endif()
  set(formula "${formula}" PARENT_SCOPE)
endfunction()
