/* The optimisers: how a gradient g = dl/dw changes a parameter w. One table: enumerator, name on
 * the wire, arrays of state per parameter, formula with its source. The exact operations are
 * README.md's. LBFGS is no rule for one parameter, and no kernel. */
#ifndef BP_OPTIMIZER_H
#define BP_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#define BP_OPTIMIZER_TABLE(X)                                                                      \
    X(SGD, "sgd", 1,                                                                               \
      "v <- mu v + g; w <- w - eta v; without momentum w <- w - eta g; Polyak 1964")               \
    X(NESTEROV, "nesterov", 1,                                                                     \
      "v <- mu v + g; w <- w - eta (g + mu v); Sutskever et al. 2013, section 2, as PyTorch")      \
    X(RMSPROP, "rmsprop", 1,                                                                       \
      "s <- rho s + (1-rho) g^2; w <- w - eta g / (sqrt s + eps); Tieleman and Hinton 2012")       \
    X(ADAGRAD, "adagrad", 1, "s <- s + g^2; w <- w - eta g / (sqrt s + eps); Duchi et al. 2011")   \
    X(ADADELTA, "adadelta", 2,                                                                     \
      "s <- rho s + (1-rho) g^2; d = g sqrt(u + eps) / sqrt(s + eps); u <- rho u + (1-rho) d^2; "  \
      "w <- w - eta d; Zeiler 2012, algorithm 1")                                                  \
    X(ADAM, "adam", 2,                                                                             \
      "m <- b1 m + (1-b1) g; v <- b2 v + (1-b2) g^2; w <- w - eta m^ / (sqrt v^ + eps), m^ = "     \
      "m/(1-b1^t), v^ = v/(1-b2^t); Kingma and Ba 2015, algorithm 1")                              \
    X(ADAMW, "adamw", 2,                                                                           \
      "w <- w (1 - eta lambda), then adam; Loshchilov and Hutter 2019, algorithm 2")               \
    X(NADAM, "nadam", 2,                                                                           \
      "adam with Nesterov's momentum, mu_t = b1 (1 - 0.96^(0.004 t) / 2); Dozat 2016, algorithm "  \
      "2")                                                                                         \
    X(LION, "lion", 1,                                                                             \
      "w <- w (1 - eta lambda) - eta sign(b1 m + (1-b1) g); m <- b2 m + (1-b2) g; Chen et al. "    \
      "2023, algorithm 2")                                                                         \
    X(RPROP, "rprop", 2,                                                                           \
      "d <- d 1.2, d 0.5 or d as g agrees with the g before, differs or is 0, in [1e-6, 50]; "     \
      "where "                                                                                     \
      "it differs g <- 0; w <- w - d sign(g); full batch; Riedmiller and Braun 1993, as PyTorch")  \
    X(LBFGS, "lbfgs", 0,                                                                           \
      "w <- w - a H g, H from the last changes of w and g, a by a strong Wolfe line search; full " \
      "batch; Nocedal and Wright 2006, algorithms 7.4 and 7.5")

#define X(name, wire, states, formula) BP_OPTIMIZER_##name,
typedef enum bp_optimizer { BP_OPTIMIZER_TABLE(X) BP_OPTIMIZER_COUNT } bp_optimizer;
#undef X

enum { BP_OPTIMIZER_STATES = 2 }; /* at most */

/* Of rprop. */
#define BP_RPROP_FASTER 1.2f
#define BP_RPROP_SLOWER 0.5f
#define BP_RPROP_LEAST 1e-6f
#define BP_RPROP_MOST 50.0f

/* The numbers of one step, the same for all parameters; computed once, in double, then rounded. */
typedef struct bp_step_rule {
    bp_optimizer optimizer;
    float rate;   /* eta; adam: eta / (1 - beta1^t); nadam: that of g */
    float rate_m; /* nadam: that of m */
    float momentum;
    float beta1, rest1; /* rest = 1 - beta */
    float beta2, rest2; /* rmsprop, adadelta: rho */
    float root;         /* adam: 1 / sqrt(1 - beta2^t) */
    float epsilon;
    float decay; /* L2: g <- g + decay w */
    float keep;  /* decoupled: w <- keep w first; 1 - eta lambda */
    /* Before all that, where `shaped`: g <- gradient_scale g + l2 w + l1 sign(w). */
    bool shaped;
    float gradient_scale, l2, l1;
} bp_step_rule;

/* A run of parameters with their gradients and states. */
typedef struct bp_parameter_step {
    const bp_step_rule *rule;
    size_t count;
    const float *gradient;
    float *state[BP_OPTIMIZER_STATES]; /* v, s, m or the g before; u, v or d; NULL: none */
    float *weight;
} bp_parameter_step;

#endif
