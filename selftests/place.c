// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - where reservations go: the edges of windows, exact fits, refusals, and a random
 * test against an oracle that looks at every page.
 */
#include <time.h>

#include "vcm_state.h"

#define PAGES		64u		/* in the small window */
#define WINDOW_START	0x40000ull
#define WINDOW_END	(WINDOW_START + PAGES * PAGE)
#define WINDOW_LAST	(WINDOW_END - 1)

#define ORACLE_PAGES	512u
#define ORACLE_OPS	6000u
#define ORACLE_LIVE	256u

FIXTURE(place) {
	struct stats before;
	int fd;
	__u32 vcm;
};

FIXTURE_SETUP(place)
{
	test_stats_read(&self->before);
	self->fd = _vcm_open();
	ASSERT_LE(0, self->fd);
	test_create(self->fd, WINDOW_START, WINDOW_LAST, &self->vcm);
}

FIXTURE_TEARDOWN(place)
{
	expect_invariants();
	EXPECT_EQ(0, close(self->fd));
	expect_stats(&self->before);
}

/* A context with every page of the small window taken by itself, and the ids by page. */
static __u32 full(struct __test_metadata *_metadata, int fd, __u64 res[PAGES])
{
	__u32 vcm;

	test_create(fd, WINDOW_START, WINDOW_LAST, &vcm);
	for (unsigned int i = 0; i < PAGES; i++)
		test_reserve_at(fd, vcm, WINDOW_START + i * PAGE, PAGE, &res[i]);
	return vcm;
}

TEST_F(place, one_page_reservations_fill_the_window_without_a_hole)
{
	__u64 res, start;

	for (unsigned int i = 0; i < PAGES; i++) {
		test_reserve_any(self->fd, self->vcm, PAGE, &res, &start);
		EXPECT_LE(WINDOW_START, start);
		EXPECT_GT(WINDOW_END, start);
	}
	test_refused(ENOSPC, _vcm_reserve_any(self->fd, self->vcm, PAGE, &res, &start));
}

TEST_F(place, address_zero_is_an_ordinary_address)
{
	__u64 res, start = 1;
	__u32 vcm;

	test_create(self->fd, 0, PAGE - 1, &vcm);
	test_reserve_any(self->fd, vcm, PAGE, &res, &start);
	EXPECT_EQ(0, start);
	test_unreserve(self->fd, vcm, res, NULL);
	test_reserve_at(self->fd, vcm, 0, PAGE, &res);
	test_err_reserve_at(EADDRINUSE, self->fd, vcm, 0, PAGE, &res);
}

TEST_F(place, the_last_page_of_the_window_can_be_had)
{
	__u64 res;

	test_reserve_at(self->fd, self->vcm, WINDOW_END - PAGE, PAGE, &res);
	test_err_reserve_at(ERANGE, self->fd, self->vcm, WINDOW_END - PAGE, 2 * PAGE, &res);
}

TEST_F(place, the_last_page_of_all_addresses_can_be_had)
{
	__u64 res, start;
	__u32 vcm;

	test_create(self->fd, -PAGE, ~0ull, &vcm);
	test_reserve_any(self->fd, vcm, PAGE, &res, &start);
	EXPECT_EQ(-PAGE, start);
	test_unreserve(self->fd, vcm, res, NULL);
	test_reserve_at(self->fd, vcm, -PAGE, PAGE, &res);
	test_err_reserve_any(ENOSPC, self->fd, vcm, PAGE, &res, &start);
}

TEST_F(place, a_window_of_all_addresses_has_room_for_its_two_halves)
{
	__u64 res, one, two;
	__u32 vcm;

	test_create(self->fd, 0, ~0ull, &vcm);
	test_reserve_any(self->fd, vcm, 1ull << 63, &res, &one);
	test_reserve_any(self->fd, vcm, 1ull << 63, &res, &two);
	EXPECT_EQ(1ull << 63, one ^ two);
	test_err_reserve_any(ENOSPC, self->fd, vcm, PAGE, &res, &one);
}

TEST_F(place, all_addresses_but_one_page_can_be_reserved_at_once)
{
	__u64 res, start;
	__u32 vcm;

	test_create(self->fd, 0, ~0ull, &vcm);
	test_reserve_any(self->fd, vcm, -PAGE, &res, &start);
	EXPECT_TRUE(start == 0 || start == PAGE);
	test_reserve_at(self->fd, vcm, start ? 0 : -PAGE, PAGE, &res);
}

TEST_F(place, the_whole_window_can_be_had_at_once)
{
	__u64 res, start;

	test_reserve_any(self->fd, self->vcm, PAGES * PAGE, &res, &start);
	EXPECT_EQ(WINDOW_START, start);
	test_unreserve(self->fd, self->vcm, res, NULL);
	test_refused(ENOSPC, _vcm_reserve_any(self->fd, self->vcm, (PAGES + 1) * PAGE, &res,
					      &start));
}

TEST_F(place, the_only_free_page_of_a_full_space_is_found)
{
	__u64 res[PAGES], again, start;
	__u32 vcm = full(_metadata, self->fd, res);

	for (unsigned int i = 0; i < PAGES; i++) {
		test_unreserve(self->fd, vcm, res[i], NULL);
		test_reserve_any(self->fd, vcm, PAGE, &res[i], &start);
		EXPECT_EQ(WINDOW_START + i * PAGE, start);
		test_err_reserve_any(ENOSPC, self->fd, vcm, PAGE, &again, &start);
	}
}

TEST_F(place, an_exact_aligned_fit_in_a_full_space_is_found)
{
	struct vcm_ioc_reserve want = { .len = 4 * PAGE, .align = PAGE_SHIFT + 2 };
	__u64 res[PAGES];
	unsigned int i;

	want.vcm = full(_metadata, self->fd, res);
	/* a hole of six pages with only one place for four aligned ones: 18 [19..24] 25 */
	for (i = 19; i < 25; i++)
		test_unreserve(self->fd, want.vcm, res[i], NULL);
	test_reserve(self->fd, &want);
	EXPECT_EQ(WINDOW_START + 20 * PAGE, want.start);
	/* holes that are large enough, none of them aligned */
	for (i = 33; i < 38; i++)
		test_unreserve(self->fd, want.vcm, res[i], NULL);
	want.align = PAGE_SHIFT + 3;
	want.len = 8 * PAGE;
	test_err_reserve(ENOSPC, self->fd, &want);
	/* exactly the aligned eight */
	for (i = 48; i < 56; i++)
		test_unreserve(self->fd, want.vcm, res[i], NULL);
	test_reserve(self->fd, &want);
	EXPECT_EQ(WINDOW_START + 48 * PAGE, want.start);
}

TEST_F(place, a_length_that_is_not_whole_pages_is_refused)
{
	const __u64 bad[] = { 0, 1, PAGE - 1, PAGE + 1, ~0ull };
	__u64 res, start;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		test_refused(EINVAL, _vcm_reserve_any(self->fd, self->vcm, bad[i], &res, &start));
		test_refused(EINVAL, _vcm_reserve_at(self->fd, self->vcm, WINDOW_START, bad[i],
						     &res));
	}
}

TEST_F(place, a_range_that_wraps_is_refused)
{
	__u64 res, start;
	__u32 vcm;

	test_create(self->fd, 0, ~0ull, &vcm);
	test_refused(EINVAL, _vcm_reserve_at(self->fd, vcm, -PAGE, 2 * PAGE, &res));
	test_refused(EINVAL, _vcm_reserve_at(self->fd, vcm, 1ull << 63, (1ull << 63) + PAGE, &res));
	test_refused(EINVAL, _vcm_reserve_at(self->fd, self->vcm, WINDOW_START, -PAGE, &res));
	test_refused(ENOSPC, _vcm_reserve_any(self->fd, self->vcm, -PAGE, &res, &start));
}

TEST_F(place, a_fixed_start_has_to_be_page_aligned)
{
	__u64 res;

	test_refused(EINVAL, _vcm_reserve_at(self->fd, self->vcm, WINDOW_START + 1, PAGE, &res));
	test_refused(EINVAL, _vcm_reserve_at(self->fd, self->vcm, WINDOW_START + PAGE / 2, PAGE,
					     &res));
}

TEST_F(place, a_fixed_range_excludes_every_other_that_touches_it)
{
	const __u64 at = WINDOW_START + 8 * PAGE;
	__u64 res, other;

	test_reserve_at(self->fd, self->vcm, at, 4 * PAGE, &res);
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at, 4 * PAGE, &other));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at, PAGE, &other));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at + PAGE, PAGE, &other));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at + 3 * PAGE, PAGE, &other));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at - PAGE, 2 * PAGE, &other));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at + 3 * PAGE, 2 * PAGE,
						 &other));
	test_refused(EADDRINUSE, _vcm_reserve_at(self->fd, self->vcm, at - PAGE, 6 * PAGE, &other));
	test_reserve_at(self->fd, self->vcm, at - PAGE, PAGE, &other);
	test_reserve_at(self->fd, self->vcm, at + 4 * PAGE, PAGE, &other);
}

TEST_F(place, a_fixed_range_outside_the_window_is_refused)
{
	__u64 res;

	test_refused(ERANGE, _vcm_reserve_at(self->fd, self->vcm, 0, PAGE, &res));
	test_refused(ERANGE, _vcm_reserve_at(self->fd, self->vcm, WINDOW_START - PAGE, PAGE, &res));
	test_refused(ERANGE, _vcm_reserve_at(self->fd, self->vcm, WINDOW_START - PAGE, 2 * PAGE,
					     &res));
	test_refused(ERANGE, _vcm_reserve_at(self->fd, self->vcm, WINDOW_END - PAGE, 2 * PAGE,
					     &res));
	test_refused(ERANGE, _vcm_reserve_at(self->fd, self->vcm, WINDOW_END, PAGE, &res));
	test_refused(ERANGE, _vcm_reserve_at(self->fd, self->vcm, -PAGE, PAGE, &res));
}

TEST_F(place, every_alignment_is_kept)
{
	struct vcm_ioc_reserve want = { .len = PAGE };
	__u64 unaligned;

	test_create(self->fd, 0, ~0ull, &want.vcm);
	test_reserve_at(self->fd, want.vcm, 0, PAGE, &unaligned);
	for (want.align = 12; want.align < 64; want.align++) {
		test_reserve(self->fd, &want);
		EXPECT_EQ(0, want.start & ((1ull << want.align) - 1));
		EXPECT_NE(0, want.start);
		test_unreserve(self->fd, want.vcm, want.res, NULL);
	}
	want.align = 64;
	test_refused(EINVAL, _vcm_reserve(self->fd, &want));
	want.align = ~0u;
	test_refused(EINVAL, _vcm_reserve(self->fd, &want));
}

TEST_F(place, an_alignment_below_the_page_size_means_the_page_size)
{
	struct vcm_ioc_reserve want = { .vcm = self->vcm, .len = PAGE };

	for (want.align = 0; want.align < 12; want.align++) {
		test_reserve(self->fd, &want);
		EXPECT_EQ(0, want.start % PAGE);
	}
}

TEST_F(place, a_fixed_start_needs_no_alignment_beyond_the_page)
{
	struct vcm_ioc_reserve want = {
		.vcm = self->vcm, .flags = VCM_RESERVE_FIXED, .align = 30,
		.start = WINDOW_START + PAGE, .len = PAGE,
	};

	test_reserve(self->fd, &want);
	EXPECT_EQ(WINDOW_START + PAGE, want.start);
}

TEST_F(place, the_limit_is_the_last_address_that_may_be_used)
{
	struct vcm_ioc_reserve want = { .vcm = self->vcm, .len = 2 * PAGE };

	want.limit = WINDOW_START + 2 * PAGE - 2;
	test_refused(ENOSPC, _vcm_reserve(self->fd, &want));
	want.limit = WINDOW_START - 1;
	test_refused(ENOSPC, _vcm_reserve(self->fd, &want));
	want.limit = WINDOW_START + 2 * PAGE - 1;
	test_reserve(self->fd, &want);
	EXPECT_EQ(WINDOW_START, want.start);
	test_refused(ENOSPC, _vcm_reserve(self->fd, &want));
	want.limit = ~0ull;
	test_reserve(self->fd, &want);
	EXPECT_LE(WINDOW_START + 2 * PAGE, want.start);
}

TEST_F(place, the_limit_holds_for_fixed_ranges_too)
{
	struct vcm_ioc_reserve want = {
		.vcm = self->vcm, .flags = VCM_RESERVE_FIXED, .start = WINDOW_START,
		.len = 2 * PAGE, .limit = WINDOW_START + 2 * PAGE - 2,
	};

	test_refused(ERANGE, _vcm_reserve(self->fd, &want));
	want.limit++;
	test_reserve(self->fd, &want);
}

TEST_F(place, a_window_that_is_no_range_of_whole_pages_is_refused)
{
	__u32 vcm;

	test_refused(EINVAL, _vcm_create(self->fd, 1, PAGE - 1, &vcm));
	test_refused(EINVAL, _vcm_create(self->fd, 0, PAGE, &vcm));
	test_refused(EINVAL, _vcm_create(self->fd, 0, 0, &vcm));
	test_refused(EINVAL, _vcm_create(self->fd, 2 * PAGE, PAGE - 1, &vcm));
	test_refused(EINVAL, _vcm_create(self->fd, PAGE, PAGE - 1, &vcm));
	test_refused(EINVAL, _vcm_create(self->fd, 0, ~0ull - 1, &vcm));
}

TEST_F(place, an_unknown_driver_is_refused)
{
	struct vcm_ioc_create arg = { .size = sizeof(arg), .last = PAGE - 1, .driver = 1000 };

	test_refused(EOPNOTSUPP, _vcm_ioctl(self->fd, VCM_IOC_CREATE, &arg));
	arg.driver = VCM_DRIVER_IOMMU;
	test_ok(_vcm_ioctl(self->fd, VCM_IOC_CREATE, &arg));
}

/* What the oracle knows: each page's owner, 0 for none, and the live reservations. */
struct oracle {
	__u32 vcm;
	__u64 owner[ORACLE_PAGES];
	struct {
		__u64 res;
		unsigned int page;
		unsigned int pages;
	} live[ORACLE_LIVE];
	unsigned int nr;
};

static bool oracle_is_free(const struct oracle *o, unsigned int page, unsigned int pages)
{
	for (unsigned int i = page; i < page + pages; i++)
		if (o->owner[i])
			return false;
	return true;
}

/* Can @pages be placed at a multiple of @step with no page from @end on? */
static bool oracle_fits(const struct oracle *o, unsigned int pages, unsigned int step,
			unsigned int end)
{
	for (unsigned int page = 0; page + pages <= end; page += step)
		if (oracle_is_free(o, page, pages))
			return true;
	return false;
}

static void oracle_take(struct oracle *o, __u64 res, unsigned int page, unsigned int pages)
{
	o->live[o->nr].res = res;
	o->live[o->nr].page = page;
	o->live[o->nr++].pages = pages;
	while (pages--)
		o->owner[page++] = res;
}

static void oracle_drop(struct oracle *o, unsigned int i)
{
	for (unsigned int page = 0; page < o->live[i].pages; page++)
		o->owner[o->live[i].page + page] = 0;
	o->live[i] = o->live[--o->nr];
}

static void random_reserve(struct __test_metadata *_metadata, int fd, struct oracle *o)
{
	unsigned int pages = 1 + (random() % 4 ? random() % 4 : random() % 32);
	unsigned int shift = random() % 5, end = ORACLE_PAGES, page;
	struct vcm_ioc_reserve want = {
		.vcm = o->vcm, .len = pages * PAGE, .align = PAGE_SHIFT + shift,
	};
	int err;

	if (random() % 4 == 0) {
		end = 1 + random() % ORACLE_PAGES;
		want.limit = end * PAGE - 1;
	}
	err = _vcm_reserve(fd, &want);
	if (!oracle_fits(o, pages, 1u << shift, end)) {
		ASSERT_EQ(-ENOSPC, err);
		return;
	}
	ASSERT_EQ(0, err) TH_LOG("%u pages, align %u, below %u", pages, want.align, end);
	page = want.start / PAGE;
	ASSERT_EQ(0, want.start % (PAGE << shift));
	ASSERT_LE(page + pages, end);
	ASSERT_TRUE(oracle_is_free(o, page, pages));
	oracle_take(o, want.res, page, pages);
}

static void random_reserve_at(struct __test_metadata *_metadata, int fd, struct oracle *o)
{
	unsigned int page = random() % (ORACLE_PAGES + 8), pages = 1 + random() % 8;
	__u64 res;
	int err = _vcm_reserve_at(fd, o->vcm, page * PAGE, pages * PAGE, &res);

	if (page + pages > ORACLE_PAGES) {
		ASSERT_EQ(-ERANGE, err);
	} else if (!oracle_is_free(o, page, pages)) {
		ASSERT_EQ(-EADDRINUSE, err);
	} else {
		ASSERT_EQ(0, err);
		oracle_take(o, res, page, pages);
	}
}

/* The map of the kernel has the oracle's ranges, in the order of their addresses. */
static void compare_map(struct __test_metadata *_metadata, const struct oracle *o)
{
	unsigned int page = 0, lines = 0;
	unsigned long long start, last, res;
	char path[128], *text = malloc(TEXT_MAX), *line;

	snprintf(path, sizeof(path), VCM_DEBUGFS "/%u/map", o->vcm);
	ASSERT_LT(0, _file_read(path, text, TEXT_MAX));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		ASSERT_EQ(3, sscanf(line, "%llx %llx %*u %*s %*u %llu", &start, &last, &res));
		while (page < ORACLE_PAGES && !o->owner[page])
			page++;
		ASSERT_EQ(page * PAGE, start);
		for (; page <= last / PAGE; page++)
			ASSERT_EQ(res, o->owner[page]);
		lines++;
	}
	ASSERT_EQ(o->nr, lines);
	free(text);
}

TEST_F_TIMEOUT(place, random_reservations_agree_with_the_oracle, 120)
{
	const char *env = getenv("VCM_SEED");
	unsigned int seed = env ? strtoul(env, NULL, 0) : (unsigned int)time(NULL);
	struct oracle *o = calloc(1, sizeof(*o));

	ASSERT_NE(NULL, o);
	TH_LOG("VCM_SEED=%u", seed);
	srandom(seed);
	test_create(self->fd, 0, ORACLE_PAGES * PAGE - 1, &o->vcm);
	for (unsigned int op = 0; op < ORACLE_OPS; op++) {
		unsigned int what = random() % 8, i;

		if (o->nr == ORACLE_LIVE || (o->nr && what < 3)) {
			i = random() % o->nr;
			test_unreserve(self->fd, o->vcm, o->live[i].res, NULL);
			oracle_drop(o, i);
		} else if (what == 7) {
			random_reserve_at(_metadata, self->fd, o);
		} else {
			random_reserve(_metadata, self->fd, o);
		}
		if (op % 500 == 0)
			compare_map(_metadata, o);
	}
	compare_map(_metadata, o);
	expect_invariants();
	free(o);
}

TEST_HARNESS_MAIN
