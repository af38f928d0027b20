# The library for C++ users, component `development`: headers, archive or shared object, CMake
# package, pkg-config file. Nothing of it goes into the wheel.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ecommerce_analytics")

install(
  TARGETS ecommerce_analytics
  EXPORT ecommerce_analytics
  ARCHIVE COMPONENT development
  LIBRARY COMPONENT development
  RUNTIME COMPONENT development
  FILE_SET HEADERS COMPONENT development)
install(
  EXPORT ecommerce_analytics
  NAMESPACE ecommerce_analytics::
  FILE ecommerce_analyticsTargets.cmake
  DESTINATION "${package_dir}"
  COMPONENT development)

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/ecommerce_analyticsConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/ecommerce_analyticsConfig.cmake"
  INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break what was: 0.2 does not answer a request for 0.1.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ecommerce_analyticsConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/ecommerce_analyticsConfig.cmake"
        "${PROJECT_BINARY_DIR}/ecommerce_analyticsConfigVersion.cmake"
  DESTINATION "${package_dir}"
  COMPONENT development)

# The prefix is told from the place of the file itself, so `cmake --install --prefix` may move it.
cmake_path(SET pkgconfig_dir NORMALIZE "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
cmake_path(ABSOLUTE_PATH pkgconfig_dir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${pkgconfig_dir}"
           OUTPUT_VARIABLE pkgconfig_to_prefix)
configure_file("${PROJECT_SOURCE_DIR}/cmake/ecommerce_analytics.pc.in"
               "${PROJECT_BINARY_DIR}/ecommerce_analytics.pc" @ONLY)
install(
  FILES "${PROJECT_BINARY_DIR}/ecommerce_analytics.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT development)
