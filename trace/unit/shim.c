// SPDX-License-Identifier: GPL-2.0-only
/*
 * shim.c - the watchers of the seam themselves: each misuse that they are there for is noticed.
 *
 * A watcher that sleeps makes every other test worth less.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "os_test.h"
#include "unit.h"

static const char *told;

static void remember(const char *file, int line, const char *what)
{
	(void)file;
	(void)line;
	_exit(strstr(what, told) ? 42 : 43);
}

/* @misuse has to end its process, and os.c to say @what. */
static void check_noticed(const char *what, void (*misuse)(void))
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		told = what;
		os_bug_told = remember;
		misuse();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 42)
		unit_fail(__FILE__, __LINE__, what);
}

static struct mutex registry_lock, first, second;

static void make_locks(void)
{
	mutex_init(&registry_lock);
	mutex_init(&first);
	mutex_init(&second);
}

static void lock_twice(void)
{
	make_locks();
	mutex_lock(&first);
	mutex_lock(&first);
}

static void lock_two_contexts(void)
{
	make_locks();
	mutex_lock(&first);
	mutex_lock(&second);
}

static void lock_upwards(void)
{
	make_locks();
	mutex_lock(&first);
	mutex_lock(&registry_lock);
}

static void unlock_free(void)
{
	make_locks();
	mutex_unlock(&first);
}

static void *unlock_in_thread(void *arg)
{
	mutex_unlock(&first);
	return arg;
}

static void unlock_of_another(void)
{
	pthread_t thread;

	make_locks();
	mutex_lock(&first);
	pthread_create(&thread, NULL, unlock_in_thread, NULL);
	pthread_join(thread, NULL);
}

static void lock_unmade(void)
{
	static struct mutex unmade;

	mutex_lock(&unmade);
}

static void assert_not_held(void)
{
	make_locks();
	mutex_lock(&registry_lock);
	lockdep_assert_held(&first);
}

TEST(misused_locks_are_noticed)
{
	check_noticed("locked twice", lock_twice);
	check_noticed("below the lock of a context", lock_two_contexts);
	check_noticed("below the lock of a context", lock_upwards);
	check_noticed("does not hold it", unlock_free);
	check_noticed("does not hold it", unlock_of_another);
	check_noticed("never made", lock_unmade);
	check_noticed("not held", assert_not_held);
}

static const struct vcm_os_pages_req one = { .nr = 1, .node = -1 };
static const struct vcm_os_pages_req two = { .nr = 2, .node = -1 };

static u64 page(void)
{
	u64 pa = 0;

	CHECK_ERR(0, vcm_os_pages_alloc(&two, &pa));
	return pa;
}

static void free_twice(void)
{
	u64 pa = page();

	vcm_os_pages_free(pa, 2 * PAGE, VCM_CACHE_WB);
	vcm_os_pages_free(pa, 2 * PAGE, VCM_CACHE_WB);
}

static void free_too_much(void)
{
	vcm_os_pages_free(page(), 4 * PAGE, VCM_CACHE_WB);
}

static void free_the_middle(void)
{
	vcm_os_pages_free(page() + PAGE, PAGE, VCM_CACHE_WB);
}

static void free_nothing(void)
{
	vcm_os_pages_free(0, PAGE, VCM_CACHE_WB);
}

static void free_mapped(void)
{
	u64 pa = page();

	os_page_map(pa + PAGE);
	vcm_os_pages_free(pa, 2 * PAGE, VCM_CACHE_WB);
}

static void map_freed(void)
{
	u64 pa = page();

	vcm_os_pages_free(pa, 2 * PAGE, VCM_CACHE_WB);
	os_page_map(pa);
}

TEST(misused_pages_are_noticed)
{
	check_noticed("not held", free_twice);
	check_noticed("another length", free_too_much);
	check_noticed("middle", free_the_middle);
	check_noticed("not the address", free_nothing);
	check_noticed("translates", free_mapped);
	check_noticed("not held", map_freed);
}

static void count_from_0(void)
{
	refcount_t count = {};

	refcount_inc(&count);
}

static void count_below_0(void)
{
	refcount_t count = {};

	refcount_dec_and_test(&count);
}

static void count_too_far(void)
{
	refcount_t count;

	refcount_set(&count, (u32)1 << 30);
	refcount_inc(&count);
}

TEST(misused_counts_are_noticed)
{
	check_noticed("from 0", count_from_0);
	check_noticed("below 0", count_below_0);
	check_noticed("saturates", count_too_far);
}

TEST(addresses_of_pages_do_not_come_back_while_held)
{
	u64 held = page();

	/* Once around all of the physical address space. */
	for (u32 i = 0; i < 1 << 18; i++) {
		u64 pa = page();

		CHECK(pa != held);
		vcm_os_pages_free(pa, 2 * PAGE, VCM_CACHE_WB);
	}
	vcm_os_pages_free(held, 2 * PAGE, VCM_CACHE_WB);
}

TEST(allocation_asked_to_fail_fails_once)
{
	void *ptr[2];
	u64 pa;

	os_fail_nth(2, OS_FAIL_OBJECTS);
	ptr[0] = vcm_os_zalloc(8);
	CHECK_ERR(0, vcm_os_pages_alloc(&one, &pa));
	CHECK(ptr[0] && !os_fail_fired());
	CHECK(!vcm_os_zalloc(8));
	CHECK(os_fail_fired());
	ptr[1] = vcm_os_zalloc(8);
	CHECK(ptr[1]);
	vcm_os_free(ptr[0]);
	vcm_os_free(ptr[1]);
	vcm_os_pages_free(pa, PAGE, VCM_CACHE_WB);
	os_fail_nth(1, OS_FAIL_PAGES);
	CHECK_ERR(-ENOMEM, vcm_os_pages_alloc(&one, &pa));
	CHECK(os_fail_fired());
}
