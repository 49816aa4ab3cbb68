// SPDX-License-Identifier: GPL-2.0-only
/*
 * random.c - every format under random calls, see test/churn.h.
 *
 * VCM_OPS=N is how many calls each format gets; VCM_SEED=N replays.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bank.h"
#include "test/churn.h"
#include "unit.h"

#define OPS	150000

static void retire(void *priv, void *table, u64 len)
{
	bank_retire(table, len);
}

static void reclaim(void *priv)
{
	bank_reclaim(NULL);
}

static void fail(void *priv, u64 nth)
{
	bank_fail(nth);
}

static bool failed(void *priv)
{
	return bank_failed();
}

static u64 held(void *priv)
{
	return bank_held();
}

static void relax(void *priv)
{
}

static const struct vcm_churn_env env = {
	.mem = &bank_mem,
	.retire = retire,
	.reclaim = reclaim,
	.fail = fail,
	.failed = failed,
	.held = held,
	.relax = relax,
};

static u64 ops(void)
{
	const char *env_ops = getenv("VCM_OPS");

	return unit_steps(env_ops ? strtoull(env_ops, NULL, 0) : OPS);
}

static void run(const struct vcm_fmt *fmt)
{
	struct vcm_churn *churn = calloc(1, sizeof(*churn));
	struct vcm_churn_page *page = calloc(vcm_churn_pages(fmt), sizeof(*page));
	const struct vcm_churn_stats *stats = &churn->stats;
	const char *bad;

	printf("# %s: seed %llu, %llu calls\n", fmt->name, unit_seed(), ops());
	bad = vcm_churn_begin(churn, &env, fmt, page, unit_seed());
	if (!bad)
		bad = vcm_churn_run(churn, ops());
	printf("# %llu maps, %llu of something, %llu unmaps, %llu of a hole, %llu splits, %llu"
	       " without memory, %llu refused, %llu looks, %llu hits\n", stats->maps, stats->exists,
	       stats->unmaps, stats->holes, stats->splits, stats->nomem, stats->refused,
	       stats->looks, stats->hits);
	CHECK_NONE(bad);
	CHECK(stats->maps && stats->exists && stats->unmaps && stats->holes && stats->refused);
	CHECK(fmt == &vcm_fmt_tce || (stats->splits && stats->nomem));
	CHECK(stats->hits > stats->looks / 100);
	free(page);
	free(churn);
}

TEST(armv7s_agrees_with_the_oracle)
{
	run(&vcm_fmt_armv7s);
}

TEST(omap_agrees_with_the_oracle)
{
	run(&vcm_fmt_omap);
}

TEST(tce_agrees_with_the_oracle)
{
	run(&vcm_fmt_tce);
}

TEST(x86_agrees_with_the_oracle)
{
	run(&vcm_fmt_x86);
}
