/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcm_os.h - every kernel facility that core/ may use, user side.
 *
 * Offers the names that kernel/os/vcm_os.h lists and no others, in three parts that say how far
 * to trust a line of a test result:
 *   stub    does nothing here
 *   dup     does what the kernel's does, written anew
 *   custom  changed on purpose, so that tests see more: it counts, it can fail on demand, and a
 *           misuse that the kernel would survive ends the program
 * What only tests use is in os_test.h.
 */
#ifndef VCM_OS_H
#define VCM_OS_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>

#include <linux/types.h>

#include "vcm_events.h"

/* ---- stub ---------------------------------------------------------------------------------- */

/* Nothing to export, but the name must be one that a header declares. */
#define EXPORT_SYMBOL_GPL(sym)	extern __typeof__(sym) sym

/* ---- dup ----------------------------------------------------------------------------------- */

#define container_of(ptr, type, member) \
	((type *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

/* Pointers to the last 4095 bytes of the address space are negative errno values. */
#define MAX_ERRNO 4095

static inline void *ERR_PTR(long err)
{
	return (void *)err;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return (uintptr_t)ptr >= (uintptr_t)-MAX_ERRNO;
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)ptr;
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* As in the kernel, both sides have to be signed or both unsigned. */
#define VCM_OS_IS_SIGNED(x)	((__typeof__(x))-1 < (__typeof__(x))1)
#define VCM_OS_PICK(a, b, op) ({						\
	__auto_type pick_a = (a);						\
	__auto_type pick_b = (b);						\
	_Static_assert(VCM_OS_IS_SIGNED(pick_a) == VCM_OS_IS_SIGNED(pick_b),	\
		       "min or max of signed and unsigned");			\
	pick_a op pick_b ? pick_a : pick_b;					\
})
#define min(a, b)	VCM_OS_PICK(a, b, <)
#define max(a, b)	VCM_OS_PICK(a, b, >)

static inline bool __attribute__((warn_unused_result)) vcm_os_must_check(bool value)
{
	return value;
}

#define check_add_overflow(a, b, sum)	vcm_os_must_check(__builtin_add_overflow(a, b, sum))

/* What is read or written without its lock; the thread sanitizer knows these. */
#define READ_ONCE(x)			__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)		__atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#define smp_load_acquire(ptr)		__atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define smp_store_release(ptr, value)	__atomic_store_n(ptr, value, __ATOMIC_RELEASE)
#define smp_rmb()			__sync_synchronize()
#define smp_wmb()			__sync_synchronize()

#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define ALIGN(x, a)		(((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))

/* Number of the highest bit set, from 1; 0 for 0. */
static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

/* Number of the lowest bit set, from 0; @x is not 0. */
static inline unsigned long __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}

/* Tables that hardware reads: in its byte order, and whole before anything points to them. */
#define smp_load_acquire(ptr)		__atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define smp_store_release(ptr, value)	__atomic_store_n(ptr, value, __ATOMIC_RELEASE)

#define VCM_OS_IS_LITTLE	(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define VCM_OS_SWAP(x, bits, when)	((when) ? (x) : __builtin_bswap##bits(x))

#define cpu_to_le32(x)	((__le32)VCM_OS_SWAP((u32)(x), 32, VCM_OS_IS_LITTLE))
#define le32_to_cpu(x)	((u32)VCM_OS_SWAP((u32)(x), 32, VCM_OS_IS_LITTLE))
#define cpu_to_le64(x)	((__le64)VCM_OS_SWAP((u64)(x), 64, VCM_OS_IS_LITTLE))
#define le64_to_cpu(x)	((u64)VCM_OS_SWAP((u64)(x), 64, VCM_OS_IS_LITTLE))
#define cpu_to_be64(x)	((__be64)VCM_OS_SWAP((u64)(x), 64, !VCM_OS_IS_LITTLE))
#define be64_to_cpu(x)	((u64)VCM_OS_SWAP((u64)(x), 64, !VCM_OS_IS_LITTLE))

/* Copy what fits, always terminated.  Return: characters copied, or -E2BIG when cut. */
static inline long strscpy(char *to, const char *from, size_t room)
{
	size_t len = strnlen(from, room);

	if (!room)
		return -E2BIG;
	if (len == room) {
		memcpy(to, from, room - 1);
		to[room - 1] = '\0';
		return -E2BIG;
	}
	memcpy(to, from, len + 1);
	return len;
}

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	struct list_head *before = head->prev;

	node->prev = before;
	node->next = head;
	before->next = node;
	head->prev = node;
}

/* A node off its list points nowhere: using it again is a fault that shows. */
static inline void list_del(struct list_head *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	node->next = NULL;
	node->prev = NULL;
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(head, type, member)	list_entry((head)->next, type, member)

#define VCM_OS_LIST_NEXT(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define VCM_OS_LIST_PREV(pos, member) \
	list_entry((pos)->member.prev, __typeof__(*(pos)), member)

#define list_for_each_entry(pos, head, member)					\
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member);	\
	     &(pos)->member != (head); (pos) = VCM_OS_LIST_NEXT(pos, member))

#define list_for_each_entry_safe(pos, after, head, member)			\
	for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member),	\
	     (after) = VCM_OS_LIST_NEXT(pos, member);				\
	     &(pos)->member != (head);						\
	     (pos) = (after), (after) = VCM_OS_LIST_NEXT(after, member))

#define list_for_each_entry_continue_reverse(pos, head, member)			\
	for ((pos) = VCM_OS_LIST_PREV(pos, member);				\
	     &(pos)->member != (head); (pos) = VCM_OS_LIST_PREV(pos, member))

/* ---- custom -------------------------------------------------------------------------------- */

#define VCM_PAGE_SHIFT	12
#define VCM_PAGE_SIZE	((u64)1 << VCM_PAGE_SHIFT)

/**
 * struct mutex - a lock that knows its owner and its place in the lock order
 * @lock:  the lock
 * @owner: thread that holds it, 0 for none
 * @rank:  see os_mutex_init()
 */
struct mutex {
	pthread_mutex_t lock;
	u64 owner;
	unsigned int rank;
};

/* The text of the argument is what tells a registry lock from a context lock. */
#define mutex_init(mutex)	os_mutex_init(mutex, #mutex)
void os_mutex_init(struct mutex *mutex, const char *name);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
bool os_mutex_is_mine(const struct mutex *mutex);

#define lockdep_assert_held(mutex)						\
	do {									\
		if (!os_mutex_is_mine(mutex))					\
			os_bug(__FILE__, __LINE__, "not held: " #mutex);	\
	} while (0)

/**
 * struct os_spinlock - a lock that is spun for
 * @held: somebody has it
 *
 * There are no interrupts here; flags are for the caller's type check.  Giving up a lock that is
 * not held ends the program.
 */
typedef struct os_spinlock {
	u32 held;
} spinlock_t;

#define OS_SPINS 256	/* before others may run */

static inline void os_spin_wait(spinlock_t *lock)
{
	u32 tries = 0;

	while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED) ||
	       __atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		if (!(++tries % OS_SPINS))
			sched_yield();
}

_Noreturn void os_bug(const char *file, int line, const char *what);

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = 0;
}

static inline void spin_lock(spinlock_t *lock)
{
	if (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		os_spin_wait(lock);
}

static inline void spin_unlock(spinlock_t *lock)
{
	if (!__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
		os_bug(__FILE__, __LINE__, "a spinlock that is not held is given up");
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

/* What sparse wants to know of locks. */
#define __acquires(lock)
#define __releases(lock)
#define __acquire(lock)		((void)0)
#define __release(lock)		((void)0)

#define spin_lock_nest_lock(lock, outer)	((void)(outer), spin_lock(lock))
#define spin_lock_irqsave(lock, flags)		((flags) = 0ul, spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags)	((void)(flags), spin_unlock(lock))

/* A thread is a processor; there are few, so that threads share them too. */
#define OS_CPUS 4

extern __thread u32 os_cpu;	/* 0 until vcm_os_cpu() has given it one, then from 1 */
extern u32 os_cpus_picked;

static inline u32 os_cpu_pick(void)
{
	os_cpu = __atomic_add_fetch(&os_cpus_picked, 1, __ATOMIC_RELAXED) % OS_CPUS + 1;
	return os_cpu;
}

static inline u32 vcm_os_cpu(void)
{
	return (os_cpu ? os_cpu : os_cpu_pick()) - 1;
}

static inline u32 vcm_os_cpus(void)
{
	return OS_CPUS;
}

/* A count that ends the program where the kernel's would saturate. */
typedef struct {
	u32 refs;
} refcount_t;

void refcount_set(refcount_t *count, u32 to);
void refcount_inc(refcount_t *count);
void refcount_dec(refcount_t *count);
bool refcount_dec_and_test(refcount_t *count);
u32 refcount_read(const refcount_t *count);

void vcm_os_put_and_wake(refcount_t *count);
void vcm_os_put_and_wait(refcount_t *count);

/* Warnings are counted each time; a test has to expect them. */
bool os_warn(const char *file, int line, const char *what);
#define WARN_ON_ONCE(cond)	((cond) ? os_warn(__FILE__, __LINE__, #cond) : false)

void *vcm_os_zalloc(size_t len);
void vcm_os_free(const void *ptr);
u64 vcm_os_objects_held(void);

bool vcm_os_should_fail(void);

/**
 * struct vcm_os_pages_req - what pages to allocate
 * @nr:          how many, physically contiguous
 * @node:        NUMA node to prefer, -1 for any
 * @cache:       cache attribute of the kernel's own mapping of them
 * @last_resort: the caller has nothing smaller to fall back to
 */
struct vcm_os_pages_req {
	u64 nr;
	s32 node;
	enum vcm_cache cache;
	bool last_resort;
};

int vcm_os_pages_alloc(const struct vcm_os_pages_req *req, u64 *pa);
void vcm_os_pages_free(u64 pa, u64 len, enum vcm_cache cache);
u64 vcm_os_pages_held(void);
u64 vcm_os_pages_total(void);

struct vcm_chunk;

void *vcm_os_vmap(const struct vcm_chunk *chunks, u32 nr_chunks, enum vcm_cache cache);
void vcm_os_vunmap(void *kva);

int vcm_os_carve_clear(u64 pa, u64 len, enum vcm_cache cache);
void *vcm_os_carve_map(u64 pa, u64 len, enum vcm_cache cache);
void vcm_os_carve_unmap(void *kva, enum vcm_cache cache);

#endif
