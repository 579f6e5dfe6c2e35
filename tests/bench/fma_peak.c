#include "fma_peak.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* An fma takes 4 cycles. x86 starts two in a cycle, so that 8 chains fill it, and AVX2 has
 * registers for 14; the widest ARM cores start four and need 16. */
#if defined(__x86_64__)
enum { CHAINS = 12 };
#else
enum { CHAINS = 16 };
#endif
enum { ROUNDS = 1 << 20 };

/* Where the sums end; volatile, or the compiler sees that nobody reads them and computes nothing.
 */
static volatile _Atomic float sink;

typedef struct bp_fma_instruction_set {
    const char *name;
    size_t lanes;
    bool (*is_there)(void);
    void (*run)(void);
} instruction_set;

/* c <- fma(c, factor, term) in each of the chains, ROUNDS times over; bounded, for factor < 1. */
#define DEFINE_RUN(name, attribute, vector, splat, fma, first_lane)                                \
    attribute static void name(void) {                                                             \
        vector factor = splat(0.5F), term = splat(0.25F), chain[CHAINS];                           \
        for (size_t i = 0; i < CHAINS; i++) {                                                      \
            chain[i] = splat((float)i);                                                            \
        }                                                                                          \
        for (size_t round = 0; round < ROUNDS; round++) {                                          \
            _Pragma("GCC unroll 16") for (size_t i = 0; i < CHAINS; i++) {                         \
                chain[i] = fma(chain[i], factor, term);                                            \
            }                                                                                      \
        }                                                                                          \
        float sum = 0;                                                                             \
        for (size_t i = 0; i < CHAINS; i++) {                                                      \
            sum += first_lane(chain[i]);                                                           \
        }                                                                                          \
        atomic_store_explicit(&sink, sum, memory_order_relaxed);                                   \
    }

#if defined(__x86_64__)
DEFINE_RUN(run_avx512, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps, _mm512_fmadd_ps,
           _mm512_cvtss_f32)
DEFINE_RUN(run_avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps, _mm256_fmadd_ps,
           _mm256_cvtss_f32)

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f");
}

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const instruction_set sets[] = {
    {"avx512", 16, has_avx512, run_avx512},
    {"avx2", 8, has_avx2, run_avx2},
    {0},
};
#elif defined(__aarch64__)
#define NEON_FMA(c, a, b) vfmaq_f32(b, c, a)
#define NEON_FIRST(v) vgetq_lane_f32(v, 0)
DEFINE_RUN(run_neon, , float32x4_t, vdupq_n_f32, NEON_FMA, NEON_FIRST)

static bool has_neon(void) {
    return true;
}

static const instruction_set sets[] = {{"neon", 4, has_neon, run_neon}, {0}};
#else
static const instruction_set sets[] = {{0}};
#endif

/* The set of that name, else the widest that is there. */
static const instruction_set *choose(const char *isa) {
    const instruction_set *widest = NULL;
    for (const instruction_set *set = sets; set->name != NULL; set++) {
        if (!set->is_there()) {
            continue;
        }
        if (strcmp(set->name, isa) == 0) {
            return set;
        }
        widest = widest == NULL ? set : widest;
    }
    return widest;
}

static void run_task(void *context, size_t task, size_t worker) {
    (void)task;
    (void)worker;
    ((const instruction_set *)context)->run();
}

bp_fma bp_fma_on(bp_pool *pool, const char *isa) {
    return (bp_fma){.pool = pool, .set = choose(isa)};
}

bool bp_fma_step(void *context) {
    const bp_fma *fma = context;
    size_t threads = bp_pool_threads(fma->pool);
    bp_pool_run(fma->pool, threads, run_task, (void *)fma->set, threads);
    return true;
}

double bp_fma_flops(const bp_fma *fma) {
    if (fma->set == NULL) {
        return 0;
    }
    return 2.0 * (double)fma->set->lanes * CHAINS * ROUNDS * (double)bp_pool_threads(fma->pool);
}
