#include "word_blob.h"

#include <stdlib.h>
#include <string.h>

/* Copies words between the machine's order and little-endian: the same both ways. */
static void copy_words(unsigned char *out, const unsigned char *in, size_t count, size_t width) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (count > 0) {
        memcpy(out, in, count * width);
    }
#else
    for (size_t i = 0; i < count * width; i++) {
        out[i] = in[i / width * width + (width - 1 - i % width)];
    }
#endif
}

static void put(bp_word_blob *blob, const void *words, size_t count, size_t width) {
    copy_words(blob->bytes + blob->used, words, count, width);
    blob->used += count * width;
}

static bool get(bp_word_blob *blob, void *words, size_t count, size_t width) {
    if (count > (blob->size - blob->used) / width) {
        return false;
    }
    copy_words(words, blob->bytes + blob->used, count, width);
    blob->used += count * width;
    return true;
}

bp_status bp_word_blob_new(bp_word_blob *out, size_t size, bp_error *err) {
    unsigned char *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu bytes to store", size);
    }
    *out = (bp_word_blob){.bytes = bytes, .size = size};
    return BP_OK;
}

void bp_word_blob_put32(bp_word_blob *blob, const void *words, size_t count) {
    put(blob, words, count, 4);
}

void bp_word_blob_put64(bp_word_blob *blob, const void *words, size_t count) {
    put(blob, words, count, 8);
}

bp_word_blob bp_word_blob_read(const void *bytes, size_t size) {
    return (bp_word_blob){.bytes = (unsigned char *)bytes, .size = size};
}

bool bp_word_blob_get32(bp_word_blob *blob, void *words, size_t count) {
    return get(blob, words, count, 4);
}

bool bp_word_blob_get64(bp_word_blob *blob, void *words, size_t count) {
    return get(blob, words, count, 8);
}
