/* The ring between who receives and who reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "piece_relay.h"

enum { PIECE = 32768 - 7, SIZE = 9 * BP_RELAY_BUFFER_BYTES + 12345 };

/* What the takes saw; read only after a drain. */
typedef struct taker {
    size_t seen, largest, calls;
    size_t refuse_at; /* bytes after which it wants no more */
    unsigned delay_us;
    bool is_wrong; /* a byte was not the next one */
} taker;

static char byte_at(size_t i) {
    return (char)(i * 2654435761u >> 13);
}

static bool take(void *context, const char *bytes, size_t size) {
    taker *own = context;
    for (size_t i = 0; i < size; i++) {
        own->is_wrong = own->is_wrong || bytes[i] != byte_at(own->seen + i);
    }
    own->seen += size;
    own->calls++;
    own->largest = size > own->largest ? size : own->largest;
    if (own->delay_us > 0) {
        usleep(own->delay_us);
    }
    return own->seen < own->refuse_at;
}

/* How many bytes went in before it said no. */
static size_t put_all(bp_piece_relay *relay, size_t size) {
    char piece[PIECE];
    for (size_t done = 0; done < size;) {
        const size_t part = size - done < PIECE ? size - done : PIECE;
        for (size_t i = 0; i < part; i++) {
            piece[i] = byte_at(done + i);
        }
        if (!bp_piece_relay_put(relay, piece, part)) {
            return done;
        }
        done += part;
    }
    return size;
}

static bp_piece_relay *begin(taker *own) {
    bp_piece_relay *relay = NULL;
    assert_int_equal(bp_piece_relay_new(&relay, take, own, NULL), BP_OK);
    return relay;
}

static void all_bytes_come_in_order(void **state) {
    (void)state;
    for (unsigned delay = 0; delay <= 2000; delay += 1000) {
        taker own = {.refuse_at = SIZE_MAX, .delay_us = delay};
        bp_piece_relay *relay = begin(&own);
        assert_int_equal(put_all(relay, SIZE), SIZE);
        assert_true(bp_piece_relay_drain(relay));
        assert_int_equal(own.seen, SIZE);
        assert_false(own.is_wrong);
        assert_int_equal(own.calls, 10); /* whole buffers, and the rest */
        assert_int_equal(own.largest, BP_RELAY_BUFFER_BYTES);
        assert_true(bp_piece_relay_drain(relay));
        assert_int_equal(own.calls, 10);
        bp_piece_relay_free(relay);
    }
}

static void it_goes_on_after_a_drain(void **state) {
    (void)state;
    taker own = {.refuse_at = SIZE_MAX};
    bp_piece_relay *relay = begin(&own);
    for (size_t i = 0; i < 100; i++) {
        const char byte = byte_at(i);
        assert_true(bp_piece_relay_put(relay, &byte, 1));
        assert_true(bp_piece_relay_drain(relay));
        assert_int_equal(own.seen, i + 1);
    }
    assert_false(own.is_wrong);
    bp_piece_relay_free(relay);
}

static void after_a_refusal_nothing_is_taken(void **state) {
    (void)state;
    taker own = {.refuse_at = 2 * BP_RELAY_BUFFER_BYTES};
    bp_piece_relay *relay = begin(&own);
    assert_true(put_all(relay, SIZE) < SIZE);
    assert_false(bp_piece_relay_drain(relay));
    assert_int_equal(own.calls, 2);
    assert_false(bp_piece_relay_drain(relay));
    bp_piece_relay_free(relay);
}

static void a_refusal_of_the_last_bytes_shows_at_the_drain(void **state) {
    (void)state;
    taker own = {.refuse_at = 5};
    bp_piece_relay *relay = begin(&own);
    assert_int_equal(put_all(relay, 10), 10);
    assert_false(bp_piece_relay_drain(relay));
    bp_piece_relay_free(relay);
}

static void it_ends_while_bytes_wait(void **state) {
    (void)state;
    taker own = {.refuse_at = SIZE_MAX, .delay_us = 20000};
    bp_piece_relay *relay = begin(&own);
    assert_int_equal(put_all(relay, 3 * BP_RELAY_BUFFER_BYTES + 1), 3 * BP_RELAY_BUFFER_BYTES + 1);
    bp_piece_relay_free(relay);
    assert_true(own.calls <= 3);
    bp_piece_relay_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bytes_come_in_order),
        cmocka_unit_test(it_goes_on_after_a_drain),
        cmocka_unit_test(after_a_refusal_nothing_is_taken),
        cmocka_unit_test(a_refusal_of_the_last_bytes_shows_at_the_drain),
        cmocka_unit_test(it_ends_while_bytes_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
