#include "datetime.h"

#include <string.h>

const char *const bp_datetime_parts[BP_DATETIME_PARTS] = {"year", "month",  "day",   "weekday",
                                                          "hour", "minute", "second"};

/* The unread rest of the text. */
typedef struct cursor {
    const char *at, *end;
} cursor;

/* Exactly `digits` digits, their value within [least, most]. */
static bool take_number(cursor *c, size_t digits, int least, int most, int *out) {
    int value = 0;
    if ((size_t)(c->end - c->at) < digits) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned char)c->at[i] - (unsigned)'0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + (int)digit;
    }
    c->at += digits;
    *out = value;
    return value >= least && value <= most;
}

/* One of the characters, which is returned; 0: none of them. */
static char take_any(cursor *c, const char *characters) {
    if (c->at < c->end && *c->at != '\0' && strchr(characters, *c->at) != NULL) {
        return *c->at++;
    }
    return 0;
}

static bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* 1: Monday; 1 January of the year 1 was one. */
static int weekday_of(int year, int month, int day) {
    int past = year - 1;
    int days = past * 365 + past / 4 - past / 100 + past / 400 + day - 1;
    for (int m = 1; m < month; m++) {
        days += days_of(year, m);
    }
    return days % 7 + 1;
}

static bool take_date(cursor *c, float *parts) {
    int year, month, day;
    if (!take_number(c, 4, 1, 9999, &year)) {
        return false;
    }
    const char separator = take_any(c, "-/");
    const char again[2] = {separator, '\0'};
    if (separator == 0 || !take_number(c, 2, 1, 12, &month) || take_any(c, again) == 0 ||
        !take_number(c, 2, 1, days_of(year, month), &day)) {
        return false;
    }
    parts[0] = (float)year;
    parts[1] = (float)month;
    parts[2] = (float)day;
    parts[3] = (float)weekday_of(year, month, day);
    return true;
}

/* Digits after the point; more than float32 tells are read and do not count. */
static bool take_fraction(cursor *c, float *out) {
    double value = 0, unit = 1;
    const char *start = c->at;
    for (int digit; c->at < c->end && take_number(c, 1, 0, 9, &digit);) {
        unit /= 10;
        value += digit * unit;
    }
    *out = (float)value;
    return c->at > start;
}

static bool take_time(cursor *c, float *parts) {
    int hour, minute, second = 0;
    float fraction = 0;
    if (!take_number(c, 2, 0, 23, &hour) || take_any(c, ":") == 0 ||
        !take_number(c, 2, 0, 59, &minute)) {
        return false;
    }
    if (take_any(c, ":") != 0) {
        if (!take_number(c, 2, 0, 60, &second) ||
            (take_any(c, ".,") != 0 && !take_fraction(c, &fraction))) {
            return false;
        }
    }
    parts[4] = (float)hour;
    parts[5] = (float)minute;
    parts[6] = (float)second + fraction;
    return true;
}

static bool take_zone(cursor *c) {
    int hours, minutes;
    if (take_any(c, "Zz") != 0) {
        return true;
    }
    if (take_any(c, "+-") == 0) {
        return true;
    }
    if (!take_number(c, 2, 0, 23, &hours)) {
        return false;
    }
    take_any(c, ":");
    return c->at == c->end || take_number(c, 2, 0, 59, &minutes);
}

bool bp_datetime_parse(const char *text, size_t size, float parts[BP_DATETIME_PARTS]) {
    cursor c = {text, text + size};
    float read[BP_DATETIME_PARTS] = {0};
    if (!take_date(&c, read)) {
        return false;
    }
    if (take_any(&c, "Tt ") != 0 && !(take_time(&c, read) && take_zone(&c))) {
        return false;
    }
    if (c.at != c.end) {
        return false;
    }
    memcpy(parts, read, sizeof read);
    return true;
}
