/* What a multi-layer perceptron is: the specification a user writes, and the network it becomes
 * once its sizes are known.
 *
 * Notation (Fleuret, deep learning course, lecture 3.6): L layers; x(0) = x is the input;
 * s(l) = w(l) x(l-1) + b(l); x(l) = sigma(s(l)). width[0] is the input dimension, width[l] the
 * output dimension of layer l. A layer may be normalised before sigma (Ba, Kiros and Hinton 2016,
 * "Layer normalization", eq. 4): u(l) = gamma(l) . z(l) + beta(l), z(l) = (s(l) - mean) /
 * sqrt(variance + 1e-5) over its units, x(l) = sigma(u(l)); else u(l) = s(l). A residual connection
 * (He et al. 2016, "Deep residual learning", eq. 1) adds x(l-1) to sigma's result. */
#ifndef BP_NETWORK_H
#define BP_NETWORK_H

#include <stdbool.h>

#include "activation.h"
#include "loss_parameters.h"
#include "preprocessing.h"
#include "vocabulary.h"

enum { BP_MAX_LAYERS = 64, BP_MAX_UNITS = 65536 };
#define BP_MAX_PARAMETERS ((size_t)1 << 29) /* 2 GiB of float32 */
/* longer side x shorter side squared, over all layers: 4096 x 4096, some 15 s of one core */
#define BP_MAX_ORTHOGONAL_WORK ((size_t)1 << 36)

/* Each closed set is one table: enumerator, name on the wire, formula. (Activations and losses:
 * activation.h, loss.h.) */
#define BP_INITIALIZER_TABLE(X)                                                                    \
    X(HE_UNIFORM, "he_uniform", "U(-a, a), a = sqrt(6 / fan_in); He et al. 2015")                  \
    X(HE_NORMAL, "he_normal", "N(0, 2 / fan_in); He et al. 2015, eq. 10")                          \
    X(XAVIER_UNIFORM, "xavier_uniform",                                                            \
      "U(-a, a), a = sqrt(6 / (fan_in + fan_out)); Glorot and Bengio 2010, eq. 16")                \
    X(XAVIER_NORMAL, "xavier_normal",                                                              \
      "N(0, 2 / (fan_in + fan_out)); Glorot and Bengio 2010, eq. 12")                              \
    X(ZEROS, "zeros", "0")                                                                         \
    X(LECUN_UNIFORM, "lecun_uniform",                                                              \
      "U(-a, a), a = sqrt(3 / fan_in); LeCun et al. 1998, section 4.6")                            \
    X(LECUN_NORMAL, "lecun_normal", "N(0, 1 / fan_in); LeCun et al. 1998, section 4.6, eq. 16")    \
    X(ORTHOGONAL, "orthogonal",                                                                    \
      "orthonormal rows or columns, whichever are fewer, from a normal matrix; Saxe et al. 2014")  \
    X(CONSTANT, "constant", "initializer_value")

#define BP_BIAS_INITIALIZER_TABLE(X)                                                               \
    X(ZEROS, "zeros", "0")                                                                         \
    X(CONSTANT, "constant", "bias_value")                                                          \
    X(UNIFORM, "uniform", "U(-a, a), a = 1 / sqrt(fan_in); as PyTorch's Linear")

#define X(name, wire, formula) BP_INITIALIZER_##name,
typedef enum bp_initializer { BP_INITIALIZER_TABLE(X) BP_INITIALIZER_COUNT } bp_initializer;
#undef X
#define X(name, wire, formula) BP_BIAS_INITIALIZER_##name,
typedef enum bp_bias_initializer {
    BP_BIAS_INITIALIZER_TABLE(X) BP_BIAS_INITIALIZER_COUNT
} bp_bias_initializer;
#undef X

/* The sets, for parsing, error texts and documentation. */
extern const bp_vocabulary bp_activations, bp_losses, bp_initializers, bp_bias_initializers;

/* Whether a loss goes with one activation of the last layer alone; if so, *out is that one. */
bool bp_loss_output(bp_loss loss, bp_activation *out);

typedef struct bp_layer_spec {
    size_t units; /* 0: from the data, last layer only */
    bp_activation activation;
    bool layer_norm; /* over the units, before the activation; Ba, Kiros and Hinton 2016 */
    bool residual;   /* x(l) = x(l-1) + sigma(..), of equal width; He et al. 2016 */
} bp_layer_spec;

typedef struct bp_model_spec {
    size_t inputs; /* 0: from the data at the first training */
    size_t layer_count;
    bp_layer_spec layers[BP_MAX_LAYERS];
    bp_loss loss;
    bp_loss_parameters loss_parameters; /* 0: the default */
    bp_initializer initializer;
    float initializer_value; /* of CONSTANT */
    bp_bias_initializer bias_initializer;
    float bias_value;               /* of CONSTANT */
    bp_preprocessing preprocessing; /* of numbers */
    bp_column_rule column_rule;     /* the rest for all columns; its scale does not count */
    bp_column_rules column_rules;   /* of some, whole, in place of those two */
    bp_target_scaling targets;      /* of real targets */
    uint64_t seed;
} bp_model_spec;

/* INVALID or TOO_LARGE with the JSON pointer of the field at fault: no layers, units of 0 before
 * the last layer or beyond BP_MAX_UNITS, softmax anywhere but last with cross_entropy,
 * cross_entropy without it, binary_cross_entropy without sigmoid in the last layer, a residual
 * connection there for either or between widths that are known to differ, more than
 * BP_MAX_PARAMETERS, a value that is not finite, orthogonal weights beyond BP_MAX_ORTHOGONAL_WORK;
 * as bp_loss_parameter_check. */
BP_NODISCARD bp_status bp_model_spec_check(const bp_model_spec *spec, bp_error *err);

/* The rule for a column of the data. */
bp_column_rule bp_model_spec_rule(const bp_model_spec *spec, const char *column);

/* The arrays of a layer's parameters, in the order in which they are hashed, stored and numbered,
 * and what one number of each is called. */
#define BP_PARAMETER_TABLE(X)                                                                      \
    X(WEIGHT, "weight")                                                                            \
    X(BIAS, "bias")                                                                                \
    X(GAMMA, "gamma")                                                                              \
    X(BETA, "beta")
#define X(name, wire) BP_PARAMETER_##name,
typedef enum bp_parameter_kind { BP_PARAMETER_TABLE(X) BP_PARAMETER_KINDS } bp_parameter_kind;
#undef X
extern const char *const bp_parameter_names[BP_PARAMETER_KINDS];

typedef struct bp_network {
    size_t layer_count;                          /* L */
    size_t width[BP_MAX_LAYERS + 1];             /* width[0] inputs, width[L] outputs */
    bp_activation activation[BP_MAX_LAYERS + 1]; /* [1..L] */
    bool layer_norm[BP_MAX_LAYERS + 1];          /* [1..L] */
    bool residual[BP_MAX_LAYERS + 1];            /* [1..L] */
    size_t weight_offset[BP_MAX_LAYERS + 1];     /* [1..L] into the parameters, in floats */
    size_t bias_offset[BP_MAX_LAYERS + 1];       /* [1..L] */
    size_t gamma_offset[BP_MAX_LAYERS + 1];      /* [1..L], of layers with layer_norm */
    size_t beta_offset[BP_MAX_LAYERS + 1];       /* likewise */
    size_t parameter_count;                      /* of the network, without padding */
    size_t storage_count;   /* floats to allocate: each array starts on a 64-byte border */
    bp_loss_rule loss_rule; /* with every parameter that the loss has */
} bp_network;

/* Fixes the sizes: a spec whose inputs or last units are 0 takes those given here; a spec that
 * names them must agree. INVALID with field "/inputs", "/layers/{last}/units" or
 * "/layers/{i}/residual"; TOO_LARGE. */
BP_NODISCARD bp_status bp_network_resolve(bp_network *out, const bp_model_spec *spec, size_t inputs,
                                          size_t outputs, bp_error *err);

/* How many numbers an array of layer l in 1..L has; 0: the layer has no such array. */
size_t bp_network_count(const bp_network *network, size_t l, bp_parameter_kind kind);
/* Where it begins in the parameters. Weights lie there as [in, out]. */
size_t bp_network_offset(const bp_network *network, size_t l, bp_parameter_kind kind);
/* Of all arrays, the most numbers. */
size_t bp_network_largest(const bp_network *network);

#endif
