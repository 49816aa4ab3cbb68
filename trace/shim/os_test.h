/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * os_test.h - what tests can ask of the user side of the seam; core/ never includes it.
 *
 * Everything here acts on the whole process.
 */
#ifndef VCM_OS_TEST_H
#define VCM_OS_TEST_H

#include <linux/types.h>

#define OS_FAIL_OBJECTS	(1u << 0)	/* vcm_os_zalloc() */
#define OS_FAIL_PAGES	(1u << 1)	/* vcm_os_pages_alloc() */
#define OS_FAIL_VMAP	(1u << 2)	/* vcm_os_vmap() */
#define OS_FAIL_CALLS	(1u << 3)	/* vcm_os_should_fail(), asked before calls of a driver */

struct vcm_os_pages_req;

/* The @nth allocation of the kinds @what from now fails, once; 0 for none. */
void os_fail_nth(u64 nth, unsigned int what);

/* Has the failure asked for happened? */
bool os_fail_fired(void);

/* Refuse chunks above 2^@order pages. */
void os_pages_limit(unsigned int order);

/* This machine cannot give pages an attribute in @caches, bit n for enum vcm_cache n. */
void os_pages_refuse(u32 caches);

/* What was asked for last. */
const struct vcm_os_pages_req *os_pages_last(void);

/* Warnings since the last call. */
u32 os_warnings(void);

/*
 * Where the translation of a page comes and goes: a page has to be held then, and pages that
 * are translated must not be freed.
 */
void os_page_map(u64 pa);
void os_page_unmap(u64 pa);

/* Memory that is not the core's: @nr below 64 names a piece of at most 1 GiB. */
u64 os_foreign(u32 nr);
/* Translations that lead to it. */
u32 os_foreign_mapped(u32 nr);

/* The last piece of a carve-out that was cleared. */
struct os_cleared_piece {
	u64 pa;
	u64 len;
	u32 cache;
};

const struct os_cleared_piece *os_cleared(void);

/* Kernel mappings that exist, and mappings made since the process began. */
u32 os_vmaps_held(void);
u32 os_vmaps_made(void);

/**
 * struct os_hooks - other threads at their worst moment, played by the same thread
 * @pages_freed: pages are about to be freed
 * @unlocked:    a lock was given up, and mutex_unlock() has not returned yet
 * @waiting:     somebody is about to wait for a count
 *
 * A hook is called once and forgotten; it may set the next.
 */
struct os_hooks {
	void (*pages_freed)(void);
	void (*unlocked)(void);
	void (*waiting)(void);
};

extern struct os_hooks os_hooks;

/* Locks whose memory was freed before their mutex_unlock() returned. */
u32 os_locks_lost(void);

/* Told of a misuse before the program ends. */
extern void (*os_bug_told)(const char *file, int line, const char *what);

#endif
