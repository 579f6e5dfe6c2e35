/* safetensors: the length of a header, the header in JSON, and tensors one after the other. */
#ifndef BP_SAFETENSORS_READER_H
#define BP_SAFETENSORS_READER_H

#include "array_reader.h"

enum { BP_SAFETENSORS_MAX_HEADER_BYTES = 1 << 20, BP_SAFETENSORS_MAX_NAME_BYTES = 256 };

/* For bp_array_reader_new. A table of named tensors whose first dimensions are equal: a tensor x of
 * shape [rows] or [rows, 1] is the column "x", one of [rows, k] the columns "x.0", "x.1", ..., in
 * the order of the header. A single tensor streams; several are gathered. SYNTAX: a header that is
 * no JSON or lacks something, offsets that overlap, leave a gap or do not agree with dtype and
 * shape. INVALID: no tensors, other dtypes or ranks, first dimensions that differ. TOO_LARGE: a
 * header or a name beyond its limit, more than BP_MAX_COLUMNS columns. Each names the tensor. */
extern const bp_array_format bp_safetensors_format;

#endif
