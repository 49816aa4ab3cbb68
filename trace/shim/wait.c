// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait.c - counts that somebody waits for; the one place of the seam that orders memory itself.
 */
#include "vcm_os.h"
#include "os_test.h"

static pthread_mutex_t os_wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t os_wait_zero = PTHREAD_COND_INITIALIZER;

void vcm_os_put_and_wake(refcount_t *count)
{
	pthread_mutex_lock(&os_wait_lock);
	if (refcount_dec_and_test(count))
		pthread_cond_broadcast(&os_wait_zero);
	pthread_mutex_unlock(&os_wait_lock);
}

void vcm_os_put_and_wait(refcount_t *count)
{
	void (*hook)(void) = os_hooks.waiting;

	if (hook) {
		os_hooks.waiting = NULL;
		hook();
	}
	pthread_mutex_lock(&os_wait_lock);
	if (!refcount_dec_and_test(count))
		while (refcount_read(count))
			pthread_cond_wait(&os_wait_zero, &os_wait_lock);
	pthread_mutex_unlock(&os_wait_lock);
}
