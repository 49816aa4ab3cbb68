/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kunit.h - what the suites of vcm_kunit.ko share: failures of the Nth allocation.
 *
 * The kernel's own fail-nth, set on the current task: the Nth allocation from now fails, once, in
 * whatever is called.  The knobs of failslab and fail_page_alloc are the business of ../init.
 */
#ifndef VCM_KUNIT_H
#define VCM_KUNIT_H

#include <kunit/test.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>

#define VCM_NTH_MAX	4000	/* no operation here allocates as often */

extern unsigned long long vcm_kunit_seed;

/**
 * struct vcm_nth - an operation whose allocations shall fail one after the other
 * @run:    do it and undo it.  Return: 0 or -ENOMEM
 * @after:  may check that nothing is left; optional
 * @failed: allocations that failed
 * @hidden: those that @run did not need; what kmemleak remembers with is among them
 */
struct vcm_nth {
	int (*run)(struct kunit *test);
	void (*after)(struct kunit *test);
	u32 failed;
	u32 hidden;
};

void vcm_nth_sweep(struct kunit *test, struct vcm_nth *nth);

extern struct kunit_suite vcm_core_suite;
extern struct kunit_suite vcm_formats_suite;
extern struct kunit_suite vcm_range_suite;

#endif
