// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - vcm_kunit.ko: suites for the range allocator, the core and the page-table formats.
 *
 * For a kernel with KUnit and fault injection, which no stock kernel is: see ../uml.sh.  Random
 * cases print their seed; the parameter seed replays it.
 */
#include <linux/module.h>
#include <linux/random.h>

#include "kunit.h"

unsigned long long vcm_kunit_seed;
module_param_named(seed, vcm_kunit_seed, ullong, 0444);
MODULE_PARM_DESC(seed, "of the random cases");

/*
 * All of the operation, with its first allocation failing, its second, and so on until there are
 * no more.  Each time it either does without or says -ENOMEM.
 */
void vcm_nth_sweep(struct kunit *test, struct vcm_nth *nth)
{
	for (u32 n = 1; n < VCM_NTH_MAX; n++) {
		bool spent;
		int err;

		current->fail_nth = n;
		err = nth->run(test);
		spent = !current->fail_nth;
		current->fail_nth = 0;
		if (nth->after)
			nth->after(test);
		if (!spent) {
			KUNIT_EXPECT_EQ(test, err, 0);
			kunit_info(test, "%u allocations failed, %u without consequence",
				   nth->failed, nth->hidden);
			return;
		}
		nth->failed++;
		nth->hidden += !err;
		if (err && err != -ENOMEM) {
			KUNIT_FAIL(test, "failure %u is reported as %d", n, err);
			return;
		}
	}
	KUNIT_FAIL(test, "more than %u allocations", VCM_NTH_MAX);
}

static int vcm_kunit_begin(struct kunit_suite *suite)
{
	if (!vcm_kunit_seed)
		vcm_kunit_seed = get_random_u64();
	pr_info("vcm_kunit: seed %llu\n", vcm_kunit_seed);
	return 0;
}

/* First in the list, so that the seed is there before all others. */
static void vcm_kunit_sweeps(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, vcm_kunit_seed, 0ULL);
}

static struct kunit_case vcm_kunit_cases[] = {
	KUNIT_CASE(vcm_kunit_sweeps),
	{}
};

static struct kunit_suite vcm_kunit_suite = {
	.name = "vcm_seed",
	.suite_init = vcm_kunit_begin,
	.test_cases = vcm_kunit_cases,
};

kunit_test_suites(&vcm_kunit_suite, &vcm_range_suite, &vcm_core_suite, &vcm_formats_suite);

MODULE_DESCRIPTION("VCM: KUnit suites");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
