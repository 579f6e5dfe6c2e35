/* exp, log, powers and the cosine in double, for the few numbers of a step that all parameters
 * share: our own series of +, *, / and fma, because the C library's last bits differ between
 * machines. Each is within 1e-14 of the true value, relative (the cosine: absolute). */
#ifndef BP_DOUBLE_MATH_H
#define BP_DOUBLE_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define BP_LN2_HIGH 0x1.62e42fefap-1     /* 36 bits: times an exponent it is exact */
#define BP_LN2_LOW 0x1.cf79abc9e3b3ap-40 /* ln 2 - BP_LN2_HIGH */

/* 2^n for n in -1022..1023. */
static inline double bp_double_power_of_two(int64_t n) {
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* e^x for |x| <= 700: x = n ln 2 + r, and Taylor's series of e^r up to r^14 / 14!. */
static inline double bp_exp_double(double x) {
    const double scaled = x * 0x1.71547652b82fep+0; /* 1 / ln 2 */
    const int64_t n = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    const double r = fma((double)-n, BP_LN2_LOW, fma((double)-n, BP_LN2_HIGH, x));
    double sum = 1;
    for (int k = 14; k >= 1; k--) {
        sum = fma(sum, r / k, 1);
    }
    return sum * bp_double_power_of_two(n);
}

/* log x for normal x > 0: x = 2^n m with m in [1/sqrt 2, sqrt 2), log m = 2 artanh f with
 * f = (m - 1) / (m + 1), its series up to f^25. */
static inline double bp_log_double(double x) {
    const uint64_t half = (uint64_t)1022 << 52;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t n = (int64_t)(bits >> 52) - 1022;
    bits = (bits & (((uint64_t)1 << 52) - 1)) | half;
    double m;
    memcpy(&m, &bits, sizeof m); /* in [1/2, 1) */
    if (m < 0x1.6a09e667f3bcdp-1) {
        m = m + m;
        n--;
    }
    const double f = (m - 1) / (m + 1), square = f * f;
    double sum = 1.0 / 25;
    for (int k = 23; k >= 1; k -= 2) {
        sum = fma(sum, square, 1.0 / k);
    }
    return fma((double)n, BP_LN2_HIGH, fma((double)n, BP_LN2_LOW, 2 * f * sum));
}

/* log (1 + x) for x > -1: 1 + x loses the last bits of a small x, and the quotient gives them back
 * (Kahan). */
static inline double bp_log1p_double(double x) {
    const double sum = 1 + x;
    return sum == 1 ? x : bp_log_double(sum) * x / (sum - 1);
}

/* x^y for normal x > 0 and |y log x| <= 70. */
static inline double bp_power_double(double x, double y) {
    return bp_exp_double(y * bp_log_double(x));
}

/* x^n, |x| <= 1, for any n: squarings with the error of each product carried along (Dekker 1971),
 * so that no power is too high to be exact. */
static inline double bp_whole_power_double(double x, uint64_t n) {
    double high = 1, low = 0, base = x, base_low = 0;
    for (; n > 0; n >>= 1) {
        if (n & 1) {
            double p = high * base;
            double e = fma(high, base, -p) + (high * base_low + low * base);
            high = p + e;
            low = e - (high - p);
        }
        double p = base * base;
        double e = fma(base, base, -p) + 2 * base * base_low;
        base = p + e;
        base_low = e - (base - p);
    }
    return high;
}

/* cos(pi x) for x in [0, 1]: brought to an angle of at most pi / 4, then Taylor's series. */
static inline double bp_cos_pi_double(double x) {
    const double pi = 0x1.921fb54442d18p+1;
    const double folded = x > 0.5 ? 1 - x : x, sign = x > 0.5 ? -1 : 1;
    const int odd = folded > 0.25; /* then it is the sine of what is left to pi / 2 */
    const double angle = odd ? pi * (0.5 - folded) : pi * folded;
    const double square = angle * angle;
    double sum = 1;
    for (int k = 18; k >= 2; k -= 2) {
        sum = fma(-sum, square / (odd ? k * (k + 1) : k * (k - 1)), 1);
    }
    return sign * (odd ? angle * sum : sum);
}

#endif
