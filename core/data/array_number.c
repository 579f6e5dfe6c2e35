/* One loop for each type, with the order of bytes decided outside of it, so that compilers turn
 * each into vector code; infinities are looked for in a second pass over what is in the cache. */
#include "array_number.h"

#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the loops swap big-endian numbers");

static float from_f32(uint32_t raw) {
    float value;
    memcpy(&value, &raw, sizeof value);
    return value;
}

static double double_of(uint64_t raw) {
    double value;
    memcpy(&value, &raw, sizeof value);
    return value;
}

static float from_f64(uint64_t raw) {
    return (float)double_of(raw);
}

static float from_bf16(uint16_t raw) {
    return from_f32((uint32_t)raw << 16);
}

static float from_f16(uint16_t raw) {
    int exponent = raw >> 10 & 31;
    float mantissa = (float)(raw & 1023);
    float value = exponent == 31 ? (mantissa > 0 ? NAN : INFINITY)
                  : exponent > 0 ? ldexpf(1024 + mantissa, exponent - 25)
                                 : ldexpf(mantissa, -24);
    return (raw & 0x8000) != 0 ? -value : value;
}

static uint8_t swap_8(uint8_t raw) {
    return raw;
}

static uint16_t swap_16(uint16_t raw) {
    return __builtin_bswap16(raw);
}

static uint32_t swap_32(uint32_t raw) {
    return __builtin_bswap32(raw);
}

static uint64_t swap_64(uint64_t raw) {
    return __builtin_bswap64(raw);
}

#define LOOP(bits, order, convert)                                                                 \
    for (size_t i = 0; i < count; i++) {                                                           \
        uint##bits##_t raw;                                                                        \
        memcpy(&raw, bytes + i * sizeof raw, sizeof raw);                                          \
        raw = order(raw);                                                                          \
        out[i] = convert;                                                                          \
    }

#define READER(name, bits, convert)                                                                \
    static void name(float *out, const unsigned char *bytes, size_t count, bool is_big_endian) {   \
        if (is_big_endian) {                                                                       \
            LOOP(bits, swap_##bits, convert)                                                       \
        } else {                                                                                   \
            LOOP(bits, , convert)                                                                  \
        }                                                                                          \
    }

READER(read_f32, 32, from_f32(raw))
READER(read_f64, 64, from_f64(raw))
READER(read_f16, 16, from_f16(raw))
READER(read_bf16, 16, from_bf16(raw))
READER(read_i8, 8, (float)(int8_t)raw)
READER(read_i16, 16, (float)(int16_t)raw)
READER(read_i32, 32, (float)(int32_t)raw)
READER(read_i64, 64, (float)(int64_t)raw)
READER(read_u8, 8, (float)raw)
READER(read_u16, 16, (float)raw)
READER(read_u32, 32, (float)raw)
READER(read_u64, 64, (float)raw)
READER(read_bool, 8, (raw != 0 ? 1.0f : 0.0f))

static const struct number_row {
    size_t size;
    bool may_be_infinite;
    void (*read)(float *out, const unsigned char *bytes, size_t count, bool is_big_endian);
} number_table[BP_NUMBER_TYPE_COUNT] = {
    [BP_NUMBER_F32] = {4, true, read_f32},    [BP_NUMBER_F64] = {8, true, read_f64},
    [BP_NUMBER_F16] = {2, true, read_f16},    [BP_NUMBER_BF16] = {2, true, read_bf16},
    [BP_NUMBER_I8] = {1, false, read_i8},     [BP_NUMBER_I16] = {2, false, read_i16},
    [BP_NUMBER_I32] = {4, false, read_i32},   [BP_NUMBER_I64] = {8, false, read_i64},
    [BP_NUMBER_U8] = {1, false, read_u8},     [BP_NUMBER_U16] = {2, false, read_u16},
    [BP_NUMBER_U32] = {4, false, read_u32},   [BP_NUMBER_U64] = {8, false, read_u64},
    [BP_NUMBER_BOOL] = {1, false, read_bool},
};

size_t bp_number_size(bp_number_type type) {
    return number_table[type].size;
}

static uint32_t is_infinite(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7fffffffu) == 0x7f800000u;
}

static size_t find_infinite(const float *values, size_t count) {
    uint32_t any = 0;
    for (size_t i = 0; i < count; i++) {
        any |= is_infinite(values[i]);
    }
    size_t at = any != 0 ? 0 : count;
    while (at < count && !is_infinite(values[at])) {
        at++;
    }
    return at;
}

size_t bp_numbers_read(float *out, const unsigned char *bytes, size_t count,
                       bp_number_format format) {
    const struct number_row *row = &number_table[format.type];
    row->read(out, bytes, count, format.is_big_endian);
    return row->may_be_infinite ? find_infinite(out, count) : count;
}

double bp_number_value(const unsigned char *bytes, bp_number_format format) {
    if (format.type == BP_NUMBER_F64) {
        uint64_t raw;
        memcpy(&raw, bytes, sizeof raw);
        return double_of(format.is_big_endian ? swap_64(raw) : raw);
    }
    float value;
    number_table[format.type].read(&value, bytes, 1, format.is_big_endian);
    return (double)value;
}
