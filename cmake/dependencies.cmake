# Packages that the library needs: Threads to link, Boost and Eigen as headers of its .cpp files.
# Boost and Eigen come from the system (libboost-dev, libeigen3-dev) or from PyPI (libboost-headers,
# cmeel-eigen): a Python build puts its site-packages on CMAKE_PREFIX_PATH, a C++ build looks into
# the `.venv` that `make` prepares.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

file(GLOB ecommerce_analytics_site_packages LIST_DIRECTORIES true
     "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages")

if(NOT TARGET Boost::headers)
  find_path(
    ECOMMERCE_ANALYTICS_BOOST_INCLUDE_DIR boost/date_time/gregorian/gregorian_types.hpp
    HINTS ${ecommerce_analytics_site_packages}
    PATH_SUFFIXES libboost_headers/include
    DOC "Folder that holds boost/")
  mark_as_advanced(ECOMMERCE_ANALYTICS_BOOST_INCLUDE_DIR)
  if(NOT ECOMMERCE_ANALYTICS_BOOST_INCLUDE_DIR)
    message(FATAL_ERROR "Boost's headers were not found. Install one of\n"
                        "  apt-get install libboost-dev\n"
                        "  pip install libboost-headers\n"
                        "or give -DECOMMERCE_ANALYTICS_BOOST_INCLUDE_DIR=<folder of boost/>.")
  endif()
  add_library(Boost::headers INTERFACE IMPORTED GLOBAL)
  target_include_directories(Boost::headers SYSTEM
                             INTERFACE "${ECOMMERCE_ANALYTICS_BOOST_INCLUDE_DIR}")
endif()

# Asked for without a version, because a range refuses Debian's 3.4.0; checked afterwards.
if(NOT TARGET Eigen3::Eigen)
  find_package(
    Eigen3 QUIET CONFIG GLOBAL
    HINTS ${ecommerce_analytics_site_packages}
    PATH_SUFFIXES cmeel.prefix/share/eigen3/cmake)
  if(NOT Eigen3_FOUND OR Eigen3_VERSION VERSION_LESS 3.4)
    message(FATAL_ERROR "Eigen 3.4 or newer was not found. Install one of\n"
                        "  apt-get install libeigen3-dev\n"
                        "  pip install cmeel-eigen\n"
                        "or give -DCMAKE_PREFIX_PATH=<prefix of Eigen>.")
  endif()
endif()
