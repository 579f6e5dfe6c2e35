#include "idx.h"

#include "dataset.h"

enum { START_BYTES = 4, DIMENSION_BYTES = 4 };

static const struct idx_type {
    unsigned char code;
    bp_number_type type;
} idx_types[] = {
    {0x08, BP_NUMBER_U8},  {0x09, BP_NUMBER_I8},  {0x0B, BP_NUMBER_I16},
    {0x0C, BP_NUMBER_I32}, {0x0D, BP_NUMBER_F32}, {0x0E, BP_NUMBER_F64},
};

static bp_status find_type(bp_number_format *out, unsigned char code, bp_error *err) {
    for (size_t i = 0; i < sizeof idx_types / sizeof idx_types[0]; i++) {
        if (idx_types[i].code == code) {
            *out = (bp_number_format){idx_types[i].type, .is_big_endian = true};
            return BP_OK;
        }
    }
    return bp_fail(err, BP_SYNTAX, NULL,
                   "byte 2 of the IDX header is 0x%02x, which is no type of number "
                   "(0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e)",
                   code);
}

static bp_status check_start(const unsigned char *bytes, bp_error *err) {
    if (bytes[0] != 0 || bytes[1] != 0) {
        return bp_fail(err, BP_SYNTAX, NULL,
                       "the body is not IDX: its first two bytes are 0x%02x 0x%02x, not zero",
                       bytes[0], bytes[1]);
    }
    if (bytes[3] > BP_IDX_MAX_RANK) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "byte 3 of the IDX header: the array has %d dimensions, at most %d can be "
                       "read",
                       bytes[3], BP_IDX_MAX_RANK);
    }
    return BP_OK;
}

static uint64_t read_dimension(const unsigned char *bytes) {
    return (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
}

static bp_status read_header(bp_array_layout *layout, size_t *needed, const unsigned char *bytes,
                             size_t size, bp_error *err) {
    bp_number_format number;
    bp_status status = check_start(bytes, err);
    if (status == BP_OK) {
        status = find_type(&number, bytes[2], err);
    }
    if (status != BP_OK) {
        return status;
    }
    size_t rank = bytes[3], header = START_BYTES + rank * DIMENSION_BYTES;
    if (size < header) {
        *needed = header;
        return BP_OK;
    }
    uint64_t dimension[BP_IDX_MAX_RANK];
    for (size_t i = 0; i < rank; i++) {
        dimension[i] = read_dimension(bytes + START_BYTES + i * DIMENSION_BYTES);
    }
    status = bp_array_shape_set(&layout->shape, dimension, rank, err);
    if (status != BP_OK) {
        return status;
    }
    bp_array_part all = {.number = number, .columns = layout->shape.columns};
    return bp_array_layout_add(layout, all, err);
}

const bp_array_format bp_idx_format = {
    .name = "IDX", .first_bytes = START_BYTES, .read_header = read_header};
