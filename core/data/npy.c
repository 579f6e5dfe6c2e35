#include "npy.h"

#include <string.h>

#include "dataset.h"
#include "npy_header.h"

enum { START_BYTES = 8 }; /* the magic string and the version */

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

static bp_status check_start(const unsigned char *bytes, bp_error *err) {
    for (size_t i = 0; i < sizeof magic; i++) {
        if (bytes[i] != magic[i]) {
            return bp_fail(err, BP_SYNTAX, NULL,
                           "the body is not NPY: its byte %zu is 0x%02x instead of 0x%02x", i,
                           bytes[i], magic[i]);
        }
    }
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0) {
        return bp_fail(err, BP_SYNTAX, NULL,
                       "byte 6 of the NPY header: version %d.%d is not known (1.0, 2.0, 3.0)",
                       bytes[6], bytes[7]);
    }
    return BP_OK;
}

/* Where the header's text begins and, once the bytes are there, ends. */
static bp_status find_text(size_t *begin, size_t *end, const unsigned char *bytes, size_t size,
                           bp_error *err) {
    size_t width = bytes[6] == 1 ? 2 : 4, length = 0;
    *begin = *end = START_BYTES + width;
    if (size < *begin) {
        return BP_OK;
    }
    for (size_t i = 0; i < width; i++) {
        length |= (size_t)bytes[START_BYTES + i] << 8 * i;
    }
    if (length > BP_NPY_MAX_HEADER_BYTES) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "byte %d of the NPY header: its text has %zu bytes, at most %d can be read",
                       START_BYTES, length, BP_NPY_MAX_HEADER_BYTES);
    }
    *end = *begin + length;
    return BP_OK;
}

/* In Fortran order the first dimension moves fastest: the body is one part for each column. The
 * other dimensions follow in the opposite of the order in which columns are counted. */
static bp_status add_fortran_parts(bp_array_layout *layout, bp_number_format number,
                                   bp_error *err) {
    const bp_array_shape *shape = &layout->shape;
    uint64_t index[BP_ARRAY_MAX_RANK] = {0};
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < shape->columns; i++) {
        bp_array_part part = {.number = number, .columns = 1};
        for (size_t d = 1; d < shape->rank; d++) {
            part.first_column = part.first_column * shape->dimension[d] + index[d];
        }
        status = bp_array_layout_add(layout, part, err);
        for (size_t d = 1; d < shape->rank && ++index[d] == shape->dimension[d]; d++) {
            index[d] = 0;
        }
    }
    return status;
}

static bp_status set_layout(bp_array_layout *layout, const bp_npy_header *header, bp_error *err) {
    bp_status status = bp_array_shape_set(&layout->shape, header->dimension, header->rank, err);
    if (status != BP_OK) {
        return status;
    }
    if (header->is_fortran_order) {
        return add_fortran_parts(layout, header->number, err);
    }
    bp_array_part all = {.number = header->number, .columns = layout->shape.columns};
    return bp_array_layout_add(layout, all, err);
}

static bp_status read_header(bp_array_layout *layout, size_t *needed, const unsigned char *bytes,
                             size_t size, bp_error *err) {
    size_t begin = 0, end = 0;
    bp_status status = check_start(bytes, err);
    if (status == BP_OK) {
        status = find_text(&begin, &end, bytes, size, err);
    }
    if (status != BP_OK) {
        return status;
    }
    if (size < end) {
        *needed = end;
        return BP_OK;
    }
    bp_npy_header header;
    status = bp_npy_header_parse(&header, (const char *)bytes + begin, end - begin, begin, err);
    return status == BP_OK ? set_layout(layout, &header, err) : status;
}

const bp_array_format bp_npy_format = {
    .name = "NPY", .first_bytes = START_BYTES, .read_header = read_header};
