#include "ecommerce_analytics/core/processor.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

#include "ecommerce_analytics/core/error.hpp"

namespace ecommerce_analytics {
namespace {

constexpr std::array<std::string_view, 2> kPathNames{"baseline", "avx2"};

constexpr int kNotChosen = -1;
std::atomic<int> chosen_path = kNotChosen;

void require_supported(ProcessorPath path) {
  require(is_supported(path), ErrorCode::invalid_argument,
          "processor: this processor does not have the path", processor_path_name(path));
}

ProcessorPath path_of_environment() {
  const char* told = std::getenv("ECOMMERCE_ANALYTICS_PROCESSOR_PATH");
  if (told != nullptr && *told != '\0') {
    const ProcessorPath path = parse_processor_path(told);
    require_supported(path);
    return path;
  }
  return is_supported(ProcessorPath::avx2) ? ProcessorPath::avx2 : ProcessorPath::baseline;
}

}  // namespace

std::string_view processor_path_name(ProcessorPath path) noexcept {
  return kPathNames[static_cast<std::size_t>(path)];
}

ProcessorPath parse_processor_path(std::string_view name) {
  for (std::size_t path = 0; path < kPathNames.size(); ++path) {
    if (kPathNames[path] == name) {
      return static_cast<ProcessorPath>(path);
    }
  }
  throw Error(ErrorCode::invalid_argument, "processor: the path must be baseline or avx2",
              {.row = std::nullopt, .column = {}, .value = std::string(name)});
}

bool is_supported(ProcessorPath path) noexcept {
#ifdef __x86_64__
  return path == ProcessorPath::baseline || __builtin_cpu_supports("avx2") != 0;
#else
  return path == ProcessorPath::baseline;
#endif
}

ProcessorPath processor_path() {
  const int chosen = chosen_path.load(std::memory_order_relaxed);
  if (chosen != kNotChosen) {
    return static_cast<ProcessorPath>(chosen);
  }
  static const ProcessorPath of_environment = path_of_environment();
  chosen_path.store(static_cast<int>(of_environment), std::memory_order_relaxed);
  return of_environment;
}

void force_processor_path(std::optional<ProcessorPath> path) {
  if (path) {
    require_supported(*path);
  }
  chosen_path.store(path ? static_cast<int>(*path) : kNotChosen, std::memory_order_relaxed);
}

}  // namespace ecommerce_analytics
