/* Which table this machine runs. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kernels_internal.h"

typedef struct candidate {
    const bp_kernels *kernels;
    bool (*runs)(void);
} candidate;

static bool always(void) {
    return true;
}

#if defined(__x86_64__)
static bool runs_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

static bool runs_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

/* Fastest first. */
static const candidate candidates[] = {
#if defined(__x86_64__)
    {&bp_kernels_avx512, runs_avx512},
    {&bp_kernels_avx2, runs_avx2},
#elif defined(__aarch64__)
    {&bp_kernels_neon, always},
#endif
    {&bp_kernels_plain, always},
    {&bp_kernels_naive, always},
};
enum { CANDIDATES = sizeof candidates / sizeof candidates[0] };

size_t bp_kernels_available(const char **names, size_t capacity) {
    size_t count = 0;
    for (size_t i = 0; i < CANDIDATES; i++) {
        if (candidates[i].runs() && count < capacity) {
            names[count++] = candidates[i].kernels->name;
        }
    }
    return count;
}

bp_status bp_kernels_find(const char *name, const bp_kernels **out, bp_error *err) {
    bool any = name == NULL || strcmp(name, "auto") == 0;
    char known[BP_MESSAGE_SIZE / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < CANDIDATES; i++) {
        const bp_kernels *kernels = candidates[i].kernels;
        if (!candidates[i].runs()) {
            continue;
        }
        if (any || strcmp(name, kernels->name) == 0) {
            *out = kernels;
            return BP_OK;
        }
        used += (size_t)snprintf(known + used, sizeof known - used, " %s", kernels->name);
    }
    return bp_fail(err, BP_INVALID, "isa",
                   "instruction set '%.40s' is not one that this machine "
                   "runs; it runs:%s",
                   name, known);
}

const char *bp_kernels_name(const bp_kernels *kernels) {
    return kernels->name;
}

void bp_transpose(size_t rows, size_t width, const float *a, size_t a_row, float *out,
                  size_t out_row) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < width; j++) {
            out[j * out_row + i] = a[i * a_row + j];
        }
    }
}
