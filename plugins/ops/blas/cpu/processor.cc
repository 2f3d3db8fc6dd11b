// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "processor.h"

#include "stretto/plugin.h"

#include <cblas.h>
#include <mutex>
#include <string>

namespace stretto::blas {

void warn_of_unknown_processor() {
  constexpr int32_t kWarning = 1;
  static std::once_flag once;
  std::call_once(once, [] {
    const std::string core = openblas_get_corename();
    const bool known = core != "Prescott" && core != "Generic";
    if (known || !__builtin_cpu_supports("avx2") || host() == nullptr || host()->log == nullptr) return;
    const char* better = __builtin_cpu_supports("avx512f") ? "SkylakeX" : "Haswell";
    host()->log(host()->context, kWarning,
                ("OpenBLAS does not know this processor, takes it for " + core +
                 " and leaves AVX unused: products take several times as long; the variable OPENBLAS_CORETYPE=" +
                 better + " mends that")
                    .c_str());
  });
}

}  // namespace stretto::blas
