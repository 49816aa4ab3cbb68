/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unit.h - the small test runner: tests, checks and what every test gets for free.
 *
 * Each test runs in a process of its own on a fresh core.  All events go to a model as they
 * come; an event that contradicts it fails the test at that place.  At the end nothing may be
 * left: no object, no page, nothing on a list, no warning that was not expected.
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include "core.h"
#include "state.h"

struct fake_device;

#define PAGE	VCM_PAGE_SIZE
#define RW	(VCM_PROT_READ | VCM_PROT_WRITE)

/**
 * struct unit_test - one test
 * @file: source file, whose name without .c is the subject
 * @name: what is true when it passes
 * @run:  the test; returning is success
 * @next: the next one
 */
struct unit_test {
	const char *file;
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

void unit_add(struct unit_test *test);

/* Called by a check that fails, before the process ends. */
extern void (*unit_failed)(void);

/* Around every test, in its process; programs that run many in one process may call them too. */
void unit_setup(void);
void unit_teardown(void);

#define TEST(fn)								\
	static void fn(void);							\
	static struct unit_test unit_test_##fn = { __FILE__, #fn, fn, NULL };	\
	static void __attribute__((constructor)) unit_add_##fn(void)		\
	{									\
		unit_add(&unit_test_##fn);					\
	}									\
	static void fn(void)

_Noreturn void unit_fail(const char *file, int line, const char *what);
void unit_check_eq(const char *file, int line, const char *what, u64 want, u64 got);
void unit_check_str(const char *file, int line, const char *want, const char *got);
void unit_check_err(const char *file, int line, const char *what, long want, long got);

#define CHECK(cond)								\
	do {									\
		if (!(cond))							\
			unit_fail(__FILE__, __LINE__, #cond);			\
	} while (0)
#define CHECK_EQ(want, got)	unit_check_eq(__FILE__, __LINE__, #got, want, got)
#define CHECK_STR(want, got)	unit_check_str(__FILE__, __LINE__, want, got)
/* @got is an int of the API; CHECK_PTR_ERR takes an ERR_PTR. */
#define CHECK_ERR(want, got)	unit_check_err(__FILE__, __LINE__, #got, want, got)
#define CHECK_PTR_ERR(want, got) \
	unit_check_err(__FILE__, __LINE__, #got, want, unit_ptr_err(got))
#define CHECK_NONE(what)	unit_check_none(__FILE__, __LINE__, what)

/* As PTR_ERR(), 0 for a good pointer. */
long unit_ptr_err(const void *ptr);

/* @bad says what is wrong, or is NULL. */
void unit_check_none(const char *file, int line, const char *bad);

/* -s of the command line, or VCM_SEED, or one made of the time. */
u64 unit_seed(void);
/* -n of the command line, or VCM_OPS, or @otherwise. */
u64 unit_steps(u64 otherwise);
/* The next of a row of numbers that *@state determines. */
u64 unit_random(u64 *state);

/* So many warnings are part of the test. */
void unit_expect_warnings(u32 nr);

/* The state as the core's snapshot has it; state_clear() it. */
void unit_snapshot(struct state *state);

/* The model agrees with the snapshot, vcm_check() and the driver have nothing to say. */
void unit_verify(void);

/* The model, for tests that change the core by hand. */
struct state *unit_model(void);

/* Events since the last unit_events_clear(); @nr counts from 0. */
void unit_events_clear(void);
u32 unit_events(void);
const struct vcm_event *unit_event(u32 nr);
void unit_log_events(bool on);

/* "reserve bind map map": the names of the events since unit_events_clear(). */
const char *unit_event_names(void);

/* Objects that most tests need; each fails the test when it cannot be had. */
struct vcm *unit_context(u64 start, u64 last);
struct vcm_res *unit_res_at(struct vcm *vcm, u64 start, u64 pages);
struct vcm_phys *unit_phys(u64 pages);
struct vcm *unit_context_of(const struct vcm_driver *driver);
struct vcm_holder *unit_holder(const char *name);
struct vcm_assoc *unit_assoc(struct vcm *vcm, struct fake_device *fake);

/* Memory from elsewhere: piece @nr of os_foreign(), @pages long.  Its release is checked. */
struct vcm_phys *unit_wrap(u32 nr, u64 pages, bool readonly);
u32 unit_released(void);

#endif
