// SPDX-License-Identifier: GPL-2.0-only
/*
 * os.c - the custom part of the seam: allocation, pages, locks and counts that watch the core.
 *
 * Nothing here takes a lock of its own or orders memory between threads: counters are relaxed
 * atomics.  The thread sanitizer therefore sees the order that the locks of the core make, and
 * only that.
 *
 * Pages have no memory behind them.  A chunk owns one slot of the physical address space, as
 * large as the largest chunk; slots are handed out in turn, so an address comes back as late as
 * possible and never while it is held.  Kernel mappings are the contrary: the lowest free address
 * is used, so one that was given up comes back at once.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "vcm_os.h"
#include "os_test.h"
#include "vcm.h"

#define OS_SLOT_SHIFT	(VCM_PAGE_SHIFT + VCM_MAX_ORDER)
#define OS_SLOTS	((u64)1 << 18)
#define OS_PAGES_TOTAL	((u64)1 << 20)
#define OS_REFS_MAX	((u32)1 << 30)

/* Memory from elsewhere lies above all slots. */
#define OS_FOREIGN	((u64)1 << 50)
#define OS_FOREIGN_SHIFT 30
#define OS_FOREIGNS	64

#define OS_VMAPS	64
#define OS_VMAP_BASE	((u64)1 << 46)
#define OS_VMAP_SHIFT	36

/* A thread takes locks in this order, and one of each kind at most. */
enum {
	OS_RANK_FILE = 1, OS_RANK_SLOTS, OS_RANK_FAULT, OS_RANK_REGISTRY, OS_RANK_CONTEXT,
	OS_RANK_HOLDERS, OS_RANK_CARVEOUTS, OS_RANKS
};

/**
 * struct os_slot - one slot of the physical address space
 * @pages:  pages of the chunk that owns it, 0 when it is free
 * @mapped: translations that lead to it
 * @cache:  attribute that the pages have
 */
struct os_slot {
	u32 pages;
	u32 mapped;
	u32 cache;
};

static struct {
	u64 objects;
	u64 pages;
	u64 next_slot;
	u64 fail_left;
	u64 next_thread;
	u32 fail_what;
	u32 fail_fired;
	u32 warnings;
	u32 locks_lost;
	u32 max_order;
	u32 refused;
	u32 vmaps;
	u32 vmaps_made;
} os = { .max_order = VCM_MAX_ORDER };

static struct os_slot os_slots[OS_SLOTS];
static u32 os_foreigns[OS_FOREIGNS];
static bool os_vmap_used[OS_VMAPS];	/* under the registry lock, as the calls are */
static __thread struct vcm_os_pages_req os_last;
static __thread u64 os_thread;
static __thread struct mutex *os_held[OS_RANKS];
static __thread struct mutex *os_unlocking;

struct os_hooks os_hooks;
void (*os_bug_told)(const char *file, int line, const char *what);

#define os_add(what, n)	__atomic_add_fetch(what, n, __ATOMIC_RELAXED)
#define os_sub(what, n)	__atomic_sub_fetch(what, n, __ATOMIC_RELAXED)
#define os_get(what)	__atomic_load_n(what, __ATOMIC_RELAXED)
#define os_set(what, n)	__atomic_store_n(what, n, __ATOMIC_RELAXED)
#define OS_MISUSE(what)	os_bug(__FILE__, __LINE__, what)

/* End the program: the core or a test has broken a rule of the seam. */
void os_bug(const char *file, int line, const char *what)
{
	if (os_bug_told)
		os_bug_told(file, line, what);
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

bool os_warn(const char *file, int line, const char *what)
{
	printf("# %s:%d: warning: %s\n", file, line, what);
	os_add(&os.warnings, 1);
	return true;
}

u32 os_warnings(void)
{
	return __atomic_exchange_n(&os.warnings, 0, __ATOMIC_RELAXED);
}

static void os_call_once(void (**hook)(void))
{
	void (*fn)(void) = *hook;

	if (!fn)
		return;
	*hook = NULL;
	fn();
}

__thread u32 os_cpu;
u32 os_cpus_picked;

/* Allocations that fail on demand. */

void os_fail_nth(u64 nth, unsigned int what)
{
	os_set(&os.fail_fired, 0);
	os_set(&os.fail_what, what);
	os_set(&os.fail_left, nth);
}

bool os_fail_fired(void)
{
	return os_get(&os.fail_fired);
}

static bool os_fails_now(unsigned int what)
{
	if (!(os_get(&os.fail_what) & what) || !os_get(&os.fail_left))
		return false;
	if (os_sub(&os.fail_left, 1))
		return false;
	os_set(&os.fail_fired, 1);
	return true;
}

bool vcm_os_should_fail(void)
{
	return os_fails_now(OS_FAIL_CALLS);
}

bool vcm_should_fail(void)
{
	return vcm_os_should_fail();
}

/* Objects. */

void *vcm_os_zalloc(size_t len)
{
	void *ptr = os_fails_now(OS_FAIL_OBJECTS) ? NULL : calloc(1, len);

	if (ptr)
		os_add(&os.objects, 1);
	return ptr;
}

void vcm_os_free(const void *ptr)
{
	const char *from = ptr, *lock = (const char *)os_unlocking;

	if (!ptr)
		return;
	if (lock >= from && lock < from + malloc_usable_size((void *)ptr)) {
		os_add(&os.locks_lost, 1);
		os_unlocking = NULL;
	}
	os_sub(&os.objects, 1);
	free((void *)ptr);
}

u64 vcm_os_objects_held(void)
{
	return os_get(&os.objects);
}

u32 os_locks_lost(void)
{
	return __atomic_exchange_n(&os.locks_lost, 0, __ATOMIC_RELAXED);
}

/* Pages. */

void os_pages_limit(unsigned int order)
{
	os_set(&os.max_order, order);
}

void os_pages_refuse(u32 caches)
{
	os_set(&os.refused, caches);
}

const struct vcm_os_pages_req *os_pages_last(void)
{
	return &os_last;
}

int vcm_os_pages_alloc(const struct vcm_os_pages_req *req, u64 *pa)
{
	u64 slot;

	os_last = *req;
	if (!req->nr)
		OS_MISUSE("no pages asked for");
	if (os_get(&os.refused) >> req->cache & 1)
		return -EOPNOTSUPP;
	if (os_fails_now(OS_FAIL_PAGES) || req->nr > (u64)1 << os_get(&os.max_order))
		return -ENOMEM;
	for (u64 i = 0; i < OS_SLOTS; i++) {
		u32 none = 0;

		slot = os_add(&os.next_slot, 1) % OS_SLOTS;
		if (!__atomic_compare_exchange_n(&os_slots[slot].pages, &none, (u32)req->nr, false,
						 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		os_set(&os_slots[slot].cache, req->cache);
		os_add(&os.pages, req->nr);
		*pa = (slot + 1) << OS_SLOT_SHIFT;
		return 0;
	}
	return -ENOMEM;
}

/* The slot that @pa lies in; it has to be held, and @pa inside its chunk. */
static struct os_slot *os_slot_of(u64 pa)
{
	u64 slot = (pa >> OS_SLOT_SHIFT) - 1;
	u64 page = (pa & (((u64)1 << OS_SLOT_SHIFT) - 1)) >> VCM_PAGE_SHIFT;

	if (slot >= OS_SLOTS || !IS_ALIGNED(pa, VCM_PAGE_SIZE))
		OS_MISUSE("not the address of a page");
	if (page >= os_get(&os_slots[slot].pages))
		OS_MISUSE("a page that is not held: freed twice, or used after it was freed");
	return &os_slots[slot];
}

void vcm_os_pages_free(u64 pa, u64 len, enum vcm_cache cache)
{
	struct os_slot *slot;

	os_call_once(&os_hooks.pages_freed);
	slot = os_slot_of(pa);
	if (!IS_ALIGNED(pa, (u64)1 << OS_SLOT_SHIFT))
		OS_MISUSE("pages freed from the middle of their chunk");
	if (len != (u64)os_get(&slot->pages) << VCM_PAGE_SHIFT)
		OS_MISUSE("pages freed with another length than allocated");
	if (cache != os_get(&slot->cache))
		OS_MISUSE("pages freed with another cache attribute than they have");
	if (os_get(&slot->mapped))
		OS_MISUSE("pages freed while an IOMMU translates to them");
	os_sub(&os.pages, len >> VCM_PAGE_SHIFT);
	os_set(&slot->pages, 0);
}

u64 vcm_os_pages_held(void)
{
	return os_get(&os.pages);
}

u64 vcm_os_pages_total(void)
{
	return OS_PAGES_TOTAL;
}

/* Where translations that lead to @pa are counted. */
static u32 *os_mapped_of(u64 pa)
{
	u64 nr = (pa - OS_FOREIGN) >> OS_FOREIGN_SHIFT;

	return pa >= OS_FOREIGN && nr < OS_FOREIGNS ? &os_foreigns[nr] : &os_slot_of(pa)->mapped;
}

void os_page_map(u64 pa)
{
	os_add(os_mapped_of(pa), 1);
}

void os_page_unmap(u64 pa)
{
	os_sub(os_mapped_of(pa), 1);
}

u64 os_foreign(u32 nr)
{
	return OS_FOREIGN + ((u64)nr << OS_FOREIGN_SHIFT);
}

u32 os_foreign_mapped(u32 nr)
{
	return os_get(&os_foreigns[nr]);
}

/* Kernel mappings. */

void *vcm_os_vmap(const struct vcm_chunk *chunks, u32 nr_chunks, enum vcm_cache cache)
{
	u32 at = 0;

	for (u32 i = 0; i < nr_chunks; i++)
		if (chunks[i].pa < OS_FOREIGN && os_slot_of(chunks[i].pa)->cache != cache)
			OS_MISUSE("a kernel mapping with another cache attribute than the pages");
	while (at < OS_VMAPS && os_vmap_used[at])
		at++;
	if (os_fails_now(OS_FAIL_VMAP) || at == OS_VMAPS)
		return NULL;
	os_vmap_used[at] = true;
	os.vmaps++;
	os.vmaps_made++;
	return (void *)(uintptr_t)(OS_VMAP_BASE + ((u64)at << OS_VMAP_SHIFT));
}

void vcm_os_vunmap(void *kva)
{
	u64 at = ((u64)(uintptr_t)kva - OS_VMAP_BASE) >> OS_VMAP_SHIFT;

	if (at >= OS_VMAPS || !os_vmap_used[at])
		OS_MISUSE("a kernel mapping that is not there");
	os_vmap_used[at] = false;
	os.vmaps--;
}

u32 os_vmaps_held(void)
{
	return os.vmaps;
}

u32 os_vmaps_made(void)
{
	return os.vmaps_made;
}

/* Carve-outs: foreign memory of which one piece has the attribute that it was cleared for. */

static struct os_cleared_piece os_cleared_last;

const struct os_cleared_piece *os_cleared(void)
{
	return &os_cleared_last;
}

int vcm_os_carve_clear(u64 pa, u64 len, enum vcm_cache cache)
{
	if (pa < OS_FOREIGN)
		OS_MISUSE("memory cleared that is in no carve-out");
	if (os_foreign_mapped((pa - OS_FOREIGN) >> OS_FOREIGN_SHIFT))
		OS_MISUSE("memory cleared while an IOMMU translates to it");
	if (os_get(&os.refused) >> cache & 1)
		return -EOPNOTSUPP;
	if (os_fails_now(OS_FAIL_VMAP))
		return -ENOMEM;
	os_cleared_last = (struct os_cleared_piece) { pa, len, cache };
	return 0;
}

void *vcm_os_carve_map(u64 pa, u64 len, enum vcm_cache cache)
{
	const struct vcm_chunk chunk = { pa, len };

	return vcm_os_vmap(&chunk, 1, cache);
}

void vcm_os_carve_unmap(void *kva, enum vcm_cache cache)
{
	(void)cache;
	vcm_os_vunmap(kva);
}

/* Locks. */

static u64 os_self(void)
{
	if (!os_thread)
		os_thread = os_add(&os.next_thread, 1);
	return os_thread;
}

void os_mutex_init(struct mutex *mutex, const char *name)
{
	pthread_mutex_init(&mutex->lock, NULL);
	mutex->owner = 0;
	mutex->rank = strstr(name, "holders") ? OS_RANK_HOLDERS :
		      strstr(name, "carve") ? OS_RANK_CARVEOUTS :
		      strstr(name, "registry") ? OS_RANK_REGISTRY :
		      strstr(name, "slots") ? OS_RANK_SLOTS :
		      strstr(name, "vf->") ? OS_RANK_FILE :
		      strstr(name, "fault") ? OS_RANK_FAULT : OS_RANK_CONTEXT;
}

bool os_mutex_is_mine(const struct mutex *mutex)
{
	return os_get(&mutex->owner) == os_self();
}

void mutex_lock(struct mutex *mutex)
{
	if (mutex->rank < OS_RANK_FILE || mutex->rank >= OS_RANKS)
		OS_MISUSE("a lock that was never made");
	if (os_mutex_is_mine(mutex))
		OS_MISUSE("locked twice");
	if (os_held[OS_RANK_HOLDERS])
		OS_MISUSE("lock order: taken below the lock of the holders");
	if (os_held[OS_RANK_CARVEOUTS])
		OS_MISUSE("lock order: taken below the lock of the carve-outs");
	if (os_held[OS_RANK_CONTEXT] && mutex->rank <= OS_RANK_CONTEXT)
		OS_MISUSE("lock order: taken below the lock of a context");
	if (os_held[OS_RANK_SLOTS] && mutex->rank <= OS_RANK_SLOTS)
		OS_MISUSE("lock order: taken below the lock of what can be mapped");
	if (os_held[OS_RANK_REGISTRY] && mutex->rank <= OS_RANK_REGISTRY)
		OS_MISUSE("lock order: taken below the lock of the registry");
	if (os_held[mutex->rank])
		OS_MISUSE("lock order: two locks of one kind");
	pthread_mutex_lock(&mutex->lock);
	os_set(&mutex->owner, os_self());
	os_held[mutex->rank] = mutex;
}

/*
 * The kernel's mutex_unlock() may still look at the lock after somebody else has taken it, so
 * this one does: whoever frees a lock in that moment is caught by a sanitizer when it is another
 * thread, and counted when it is the hook.
 */
void mutex_unlock(struct mutex *mutex)
{
	struct mutex *outer = os_unlocking;

	if (!os_mutex_is_mine(mutex))
		OS_MISUSE("unlocked by a thread that does not hold it");
	os_held[mutex->rank] = NULL;
	os_set(&mutex->owner, 0);
	pthread_mutex_unlock(&mutex->lock);
	if (os_hooks.unlocked && !outer) {
		os_unlocking = mutex;
		os_call_once(&os_hooks.unlocked);
		if (!os_unlocking)
			return;
		os_unlocking = NULL;
	}
	os_get(&mutex->owner);
}

/* Counts: the kernel's orders memory only so far as "free after all others are done". */

void refcount_set(refcount_t *count, u32 to)
{
	os_set(&count->refs, to);
}

void refcount_inc(refcount_t *count)
{
	u32 refs = os_add(&count->refs, 1);

	if (refs == 1)
		OS_MISUSE("counted up from 0: the object is being freed");
	if (refs > OS_REFS_MAX)
		OS_MISUSE("a count that saturates");
}

/* Down, and not to 0: that is what refcount_dec_and_test() is for. */
void refcount_dec(refcount_t *count)
{
	u32 refs = __atomic_sub_fetch(&count->refs, 1, __ATOMIC_RELEASE);

	if (!refs || refs > OS_REFS_MAX)
		OS_MISUSE("counted down to 0 by refcount_dec()");
}

bool refcount_dec_and_test(refcount_t *count)
{
	u32 refs = __atomic_sub_fetch(&count->refs, 1, __ATOMIC_ACQ_REL);

	if (refs > OS_REFS_MAX)
		OS_MISUSE("counted down below 0");
	return !refs;
}

u32 refcount_read(const refcount_t *count)
{
	return os_get(&count->refs);
}
