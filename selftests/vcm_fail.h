/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_fail.h - debugfs/vcm/fail_nth: make the n-th failure point of a call fail.
 *
 * The points of this task alone count, and one point fails once, so what is read of the state
 * while the knob is set to 0 is true.
 */
#ifndef VCM_FAIL_H
#define VCM_FAIL_H

#include "vcm_state.h"

#define FAIL_NTH	VCM_DEBUGFS "/fail_nth"
#define FAIL_MAX	200	/* no call has so many points */

static inline int _fail_open(void)
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The @nth point from now on fails; 0 for none. */
static inline int _fail_set(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fd, text, len, 0) == len ? 0 : -errno;
}

/* How many points have failed since then; or -errno. */
static inline int _fail_hits(int fd)
{
	unsigned long long left, hits;
	char text[64];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return sscanf(text, "%llu %llu", &left, &hits) == 2 ? (int)hits : -EPROTO;
}

#define test_fail_set(...)	test_ok(_fail_set(__VA_ARGS__))

/*
 * Make @call again and again, with its first, second, ... point failing, until a run passes in
 * which none did.  A run with a failure returns -ENOMEM and changes no state; with @fallback it
 * may also succeed by other means, which @undo then takes back.  *@points is how many there were.
 */
#define test_sweep(fail, points, fallback, call, undo) do {			\
	struct state __before;							\
	int __err, __hits, __n;							\
										\
	for (__n = 1; __n < FAIL_MAX; __n++) {					\
		test_state_read(&__before);					\
		test_fail_set(fail, __n);					\
		__err = call;							\
		__hits = _fail_hits(fail);					\
		test_fail_set(fail, 0);						\
		if (!__hits) {							\
			free(__before.data);					\
			break;							\
		}								\
		ASSERT_EQ(1, __hits);						\
		if (!__err && (fallback)) {					\
			undo;							\
			__err = -ENOMEM;					\
		}								\
		ASSERT_EQ(-ENOMEM, __err) TH_LOG("point %d", __n);		\
		expect_state(&__before);					\
		expect_invariants();						\
	}									\
	ASSERT_EQ(0, __err);							\
	*(points) = __n - 1;							\
} while (0)

#endif
