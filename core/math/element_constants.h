/* The constants of the element-wise functions, shared by the scalar definition and the vector form.
 * Polynomials: minimax fits on the stated intervals. */
#ifndef BP_ELEMENT_CONSTANTS_H
#define BP_ELEMENT_CONSTANTS_H

/* exp: n = round(x / ln 2), r = x - n ln 2 in two parts, e^r as a polynomial on [-ln2/2, ln2/2]. */
#define BP_LOG2_E 0x1.715476p+0f
#define BP_LN2_HIGH 0x1.62e400p-1f
#define BP_LN2_LOW 0x1.7f7d1cp-20f
#define BP_ROUND_MAGIC 0x1.8p+23f    /* adding and subtracting it rounds to the nearest integer */
#define BP_EXP_MAX_INPUT 0x1.64p+6f  /* 89: beyond it every e^x is infinite */
#define BP_EXP_MIN_INPUT -0x1.a4p+6f /* -105: below it every e^x is 0 */
#define BP_EXPM1_MIN_INPUT -30.0f    /* below it e^x - 1 rounds to -1 */
#define BP_EXP_C7 0x1.a151bcp-13f
#define BP_EXP_C6 0x1.6d4366p-10f
#define BP_EXP_C5 0x1.1110c6p-7f
#define BP_EXP_C4 0x1.5554e8p-5f
#define BP_EXP_C3 0x1.555556p-3f
#define BP_EXP_C2 0x1.000000p-1f

/* tanh on |x| < 5/8: x + x^3 P(x^2); Cephes tanhf (Moshier), public constants. */
#define BP_TANH_SMALL 0.625f
#define BP_TANH_C4 -5.70498872745e-3f
#define BP_TANH_C3 2.06390887954e-2f
#define BP_TANH_C2 -5.37397155531e-2f
#define BP_TANH_C1 1.33314422036e-1f
#define BP_TANH_C0 -3.33332819422e-1f

/* log: x = 2^e m with m in [sqrt(1/2), sqrt(2)); log(1 + f) = f - f^2/2 + f^3 P(f); Cephes logf. */
#define BP_SQRT_TWO_LESS_1 0.41421356f
#define BP_SQRT_HALF 0.707106781186547524f
#define BP_LOG_C8 7.0376836292e-2f
#define BP_LOG_C7 -1.1514610310e-1f
#define BP_LOG_C6 1.1676998740e-1f
#define BP_LOG_C5 -1.2420140846e-1f
#define BP_LOG_C4 1.4249322787e-1f
#define BP_LOG_C3 -1.6668057665e-1f
#define BP_LOG_C2 2.0000714765e-1f
#define BP_LOG_C1 -2.4999993993e-1f
#define BP_LOG_C0 3.3333331174e-1f
#define BP_LOG_LN2_HIGH 0.693359375f
#define BP_LOG_LN2_LOW -2.12194440e-4f

/* gelu: the normal distribution's upper tail Q(a) = e^(-a^2/2) G(t) t with t = 1 / (1 + a / 4), G a
 * polynomial in t - BP_TAIL_CENTRE for a in [0, BP_GELU_MAX_TAIL]. */
#define BP_GELU_MAX_TAIL 14.5f /* beyond it a Q(a) is 0 */
#define BP_TAIL_C9 0x1.103578p-6f
#define BP_TAIL_C8 0x1.f330f8p-6f
#define BP_TAIL_C7 -0x1.dd91p-6f
#define BP_TAIL_C6 -0x1.7a4ff6p-4f
#define BP_TAIL_C5 0x1.b42d2ap-9f
#define BP_TAIL_C4 0x1.0d34a8p-2f
#define BP_TAIL_C3 0x1.0056dp-1f
#define BP_TAIL_C2 0x1.19eae6p-1f
#define BP_TAIL_C1 0x1.ae40aep-2f
#define BP_TAIL_C0 0x1.de857ap-3f
#define BP_TAIL_C0_LOW 0x1.923c6ap-28f /* what the rounding of C0 lost */
#define BP_TAIL_CENTRE 0.625f
#define BP_ROOT_OF_TAU_BELOW_1 0.398942280401432678f /* 1 / sqrt(2 pi) */

/* silu: below the one its result is 0; from the other on, e^s is nothing beside 1 */
#define BP_SILU_MIN_INPUT -110.0f
#define BP_SILU_FAR_POWER -60

/* The normal quantile, AS 241: ratios of cubics, from the highest power down. A / B where
 * |p - 1/2| <= CENTRAL, in CENTRAL^2 - (p - 1/2)^2; beyond, with r the root of -log of the nearer
 * tail, C / D in r - 1.6 up to r = 5 and E / F in r - 5 from there. */
#define BP_QUANTILE_CENTRAL 0.425f
#define BP_QUANTILE_CENTRAL_SQUARE 0.180625f
#define BP_QUANTILE_A 59.109374720f, 159.29113202f, 50.434271938f, 3.3871327179f
#define BP_QUANTILE_B 67.187563600f, 78.757757664f, 17.895169469f, 1.0f
#define BP_QUANTILE_C 0.17023821103f, 1.3067284816f, 2.7568153900f, 1.4234372777f
#define BP_QUANTILE_D 0.0f, 0.12021132975f, 0.73700164250f, 1.0f
#define BP_QUANTILE_E 0.017337203997f, 0.42868294337f, 3.0812263860f, 6.6579051150f
#define BP_QUANTILE_F 0.0f, 0.012258202635f, 0.24197894225f, 1.0f

#define BP_LEAST_NORMAL 0x1p-126f
#define BP_LEAKY_SLOPE 0.01f
#define BP_SELU_LAMBDA 1.05070098735548049342f
#define BP_SELU_LAMBDA_ALPHA 1.75809934084737685994f

#endif
