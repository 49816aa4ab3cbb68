/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tap.h - a test program: functions whose name is a sentence, one TAP line each.
 */
#ifndef VCMSTAT_TAP_H
#define VCMSTAT_TAP_H

#include <stdbool.h>
#include <stdint.h>

struct tap_test {
	const char *name;
	void (*run)(void);
};

#define TAP_TEST(fn, sentence) { sentence, fn }

/* Runs all; the exit code for main(). */
int tap_main(const char *suite, const struct tap_test *tests, unsigned int nr);

/* A check that fails ends the test it is in. */
#define CHECK(cond) tap_check(cond, __FILE__, __LINE__, #cond)
#define CHECK_EQ(a, b) tap_check_u64((uint64_t)(a), (uint64_t)(b), __FILE__, __LINE__, #a " == " #b)
#define CHECK_STR(a, b) tap_check_str(a, b, __FILE__, __LINE__)

void tap_check(bool ok, const char *file, int line, const char *what);
void tap_check_u64(uint64_t a, uint64_t b, const char *file, int line, const char *what);
void tap_check_str(const char *a, const char *b, const char *file, int line);
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Random numbers that a printed seed gives again: splitmix64. */
uint64_t tap_random(uint64_t *state);

/* The seed of this run: VCMSTAT_SEED, else the clock; printed. */
uint64_t tap_seed(void);

#endif
