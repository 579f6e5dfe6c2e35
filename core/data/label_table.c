#include "label_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"

enum { FIRST_SLOTS = 64 };

static uint64_t rotate(uint64_t x, int bits) {
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), words in the
 * machine's byte order: the hashes never leave the process. */
static uint64_t hash_text(const bp_label_table *table, bp_cell label) {
    uint64_t v[4] = {table->key[0] ^ 0x736f6d6570736575u, table->key[1] ^ 0x646f72616e646f6du,
                     table->key[0] ^ 0x6c7967656e657261u, table->key[1] ^ 0x7465646279746573u};
    size_t whole = label.size / 8 * 8;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word;
        memcpy(&word, label.text + i, sizeof word);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = 0;
    if (label.size > whole) {
        memcpy(&last, label.text + whole, label.size - whole);
    }
    last ^= (uint64_t)label.size << 56;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void bp_label_table_start(bp_label_table *table) {
    *table = (bp_label_table){0};
    if (getrandom(table->key, sizeof table->key, GRND_NONBLOCK) != (ssize_t)sizeof table->key) {
        double now = bp_clock_wall_seconds(); /* only just after the machine's start */
        memcpy(table->key, &now, sizeof now);
    }
}

void bp_label_table_clear(bp_label_table *table) {
    bp_names_clear(&table->labels);
    free(table->hashes);
    free(table->slots);
    *table = (bp_label_table){0};
}

/* The slot of the label, or the free one where it would go. */
static size_t find_slot(const bp_label_table *table, bp_cell label, uint64_t hash) {
    size_t mask = table->slot_count - 1;
    size_t slot = (size_t)hash & mask;
    while (table->slots[slot] != 0) {
        size_t index = table->slots[slot] - 1;
        const char *known = table->labels.item[index];
        if (table->hashes[index] == hash && strlen(known) == label.size &&
            memcmp(known, label.text, label.size) == 0) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

size_t bp_label_table_find(const bp_label_table *table, bp_cell label) {
    if (table->slot_count == 0) {
        return SIZE_MAX;
    }
    size_t slot = find_slot(table, label, hash_text(table, label));
    return table->slots[slot] == 0 ? SIZE_MAX : table->slots[slot] - 1;
}

/* At most half of the slots are taken. */
static bp_status grow(bp_label_table *table, bp_error *err) {
    size_t slot_count = table->slot_count == 0 ? FIRST_SLOTS : table->slot_count * 2;
    uint64_t *hashes = realloc(table->hashes, slot_count / 2 * sizeof *hashes);
    if (hashes != NULL) {
        table->hashes = hashes;
    }
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (hashes == NULL || slots == NULL) {
        free(slots);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu labels", slot_count / 2);
    }
    for (size_t i = 0; i < table->labels.count; i++) {
        size_t slot = (size_t)hashes[i] & (slot_count - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots[slot] = (uint32_t)i + 1;
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    return BP_OK;
}

bp_status bp_label_table_add(bp_label_table *table, bp_cell label, size_t *index, bp_error *err) {
    bp_status status = BP_OK;
    if (table->labels.count == table->slot_count / 2) {
        status = grow(table, err);
        if (status != BP_OK) {
            return status;
        }
    }
    uint64_t hash = hash_text(table, label);
    size_t slot = find_slot(table, label, hash);
    if (table->slots[slot] == 0) {
        status = bp_names_add(&table->labels, label.text, label.size, err);
        if (status != BP_OK) {
            return status;
        }
        table->hashes[table->labels.count - 1] = hash;
        table->slots[slot] = (uint32_t)table->labels.count;
    }
    *index = table->slots[slot] - 1;
    return BP_OK;
}
