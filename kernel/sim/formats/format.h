/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format.h - page tables of IOMMUs as pure code: one engine, and one small table of functions
 * for each format.
 *
 * A *format* (struct vcm_fmt) says how an entry is encoded and how many levels there are.  A
 * *page table* (struct vcm_pt) is real tables in real memory: what an IOMMU of that kind would
 * read.  The *registers* (struct vcm_pt_regs) are what such an IOMMU is told, and all that a walk
 * knows: it starts from the address in them and reads memory, never struct vcm_pt.
 *
 *   word    meaning
 *   entry   4 or 8 bytes of a table; a *leaf* translates, a *link* points to the next table
 *   run     entries that together are one page: sixteen for 64K and 16M of ARM; otherwise one
 *   depth   0 for the table that the registers point to, 1 for those it points to ...
 *   page    what one leaf, or one run of leaves, translates
 *
 * Invariants; vcm_pt_check() is their test:
 *  F1  An entry that translates is never overwritten by vcm_pt_map(): -EEXIST.
 *  F2  A table is filled before the entry that links to it is written, and that entry is written
 *      with release order.  A walk that runs meanwhile sees the old translation of an address or
 *      the new one, and tables that are whole.
 *  F3  A table is never freed by map or unmap once an entry has linked to it: it is given to the
 *      caller, who frees it after the invalidation.  A walk that is between two levels, or a
 *      cache of such walks, may still read it until then.
 *  F4  A linked table has an entry that is not empty, so that whatever was mapped may be unmapped
 *      with any page size, and mapped with any.  Unmapping everything leaves the root alone.
 *  F5  The counters of struct vcm_pt are those of a walk over the tables.
 *
 * Locking: none here.  The caller serialises map, unmap, visit and fini of one page table;
 * walks may run at any time between init and fini, even without a lock.  Nothing here sleeps,
 * unless the caller's functions in struct vcm_pt_mem_ops do.
 */
#ifndef VCM_SIM_FORMAT_H
#define VCM_SIM_FORMAT_H

#include "vcm_os.h"

#define VCM_PT_LEVELS	4			/* most levels of a format */
#define VCM_PT_TABLE_MAX ((u64)4 << 20)		/* largest table: what the page allocator gives */

/**
 * DOC: Protection and access
 *
 * The values of READ to PRIV are those of IOMMU_READ to IOMMU_PRIV in <linux/iommu.h>, so that an
 * IOMMU driver can hand on what it was asked for.  From VCM_PT_ATTR on they belong to the format.
 */
#define VCM_PT_READ	(1u << 0)	/* the device may read */
#define VCM_PT_WRITE	(1u << 1)	/* the device may write */
#define VCM_PT_CACHE	(1u << 2)	/* the access snoops the caches of the CPUs */
#define VCM_PT_NOEXEC	(1u << 3)	/* the device may not fetch instructions */
#define VCM_PT_MMIO	(1u << 4)	/* device memory */
#define VCM_PT_PRIV	(1u << 5)	/* only for accesses that are VCM_PT_PRIV themselves */
#define VCM_PT_FETCH	(1u << 6)	/* of an access only: it fetches an instruction */
#define VCM_PT_ATTR	(1u << 8)	/* first bit that belongs to a format */
#define VCM_PT_RW	(VCM_PT_READ | VCM_PT_WRITE)

/**
 * enum vcm_pt_reason - how a translation ended
 * @VCM_PT_OK:          there is one
 * @VCM_PT_TRANSLATION: nothing is mapped there, or the address is outside the window
 * @VCM_PT_PERMISSION:  mapped, but not for this kind of access
 * @VCM_PT_MULTIHIT:    more than one entry of the IOTLB translates the address
 * @VCM_PT_WALK:        a table cannot be read, or an entry is not one of the format
 * @VCM_PT_REASONS:     how many there are
 */
enum vcm_pt_reason {
	VCM_PT_OK,
	VCM_PT_TRANSLATION,
	VCM_PT_PERMISSION,
	VCM_PT_MULTIHIT,
	VCM_PT_WALK,
	VCM_PT_REASONS,
};

/**
 * enum vcm_pt_kind - what an entry is
 * @VCM_PT_NONE: empty
 * @VCM_PT_LEAF: it translates
 * @VCM_PT_LINK: it points to a table
 * @VCM_PT_BAD:  reserved bits are set, or it is of a kind that its level does not have
 */
enum vcm_pt_kind {
	VCM_PT_NONE,
	VCM_PT_LEAF,
	VCM_PT_LINK,
	VCM_PT_BAD,
};

/**
 * struct vcm_pt_entry - an entry, decoded
 * @kind: what it is
 * @prot: of a leaf, what it permits; of a link, VCM_PT_RW or less, which limits what is below
 * @pa:   of a leaf, first address of the page that it is a part of; of a link, the table
 * @len:  of a leaf, bytes of that page
 */
struct vcm_pt_entry {
	enum vcm_pt_kind kind;
	u32 prot;
	u64 pa;
	u64 len;
};

struct vcm_pt_regs;

/**
 * struct vcm_fmt_level - the tables of one depth
 * @shift: log2 of the bytes that one entry covers; 0 for the page size of the registers
 * @bits:  log2 of the entries of a table; 0 for as many as the window needs
 */
struct vcm_fmt_level {
	u8 shift;
	u8 bits;
};

/**
 * struct vcm_fmt - a page-table format: how entries are encoded, and nothing else
 *
 * All members are mandatory but @oas_of, and @link where there is one level.  The functions are
 * pure: they see no memory, cannot fail and may be called from anywhere.
 */
struct vcm_fmt {
	/** @name: as users write it */
	const char *name;

	/** @pgsizes: sizes of pages that an entry can have, bit n for 2^n bytes */
	u64 pgsizes;

	/** @ias: bits of an input address */
	u8 ias;

	/** @oas: bits of an output address, of the size that has most */
	u8 oas;

	/** @table_oas: bits of the address of a table */
	u8 table_oas;

	/** @entry_len: bytes of an entry, 4 or 8 */
	u8 entry_len;

	/** @big_endian: an entry of 8 bytes has its most significant byte first */
	bool big_endian;

	/** @levels: how many depths there are, at most VCM_PT_LEVELS */
	u8 levels;

	/** @level: what each depth is like */
	struct vcm_fmt_level level[VCM_PT_LEVELS];

	/** @prots: protection bits that vcm_pt_map() accepts; others are -EOPNOTSUPP */
	u32 prots;

	/**
	 * @oas_of: bits of an output address of a page of @pgsize; NULL when all have @oas.
	 */
	u8 (*oas_of)(u64 pgsize);

	/**
	 * @grants: what is permitted when @prot is asked for.  More than asked for where the
	 * architecture has no encoding for so little, never less; bits that it knows nothing of
	 * are dropped.  decode(leaf(pa, len, p)).prot is grants(p), and grants(grants(p)) too.
	 */
	u32 (*grants)(u32 prot);

	/**
	 * @leaf: an entry that translates, for a page of @len bytes, one of @pgsizes, at @pa,
	 * which is aligned to @len.  The same for each entry of a run.
	 */
	u64 (*leaf)(u64 pa, u64 len, u32 prot);

	/** @link: an entry that points to the table at @pa, which is aligned to its length */
	u64 (*link)(u64 pa);

	/** @decode: tell what @raw is, found in a table of depth @depth.  Takes any value. */
	void (*decode)(const struct vcm_pt_regs *regs, u32 depth, u64 raw,
		       struct vcm_pt_entry *entry);
};

/**
 * struct vcm_pt_mem_ops - where tables come from
 *
 * The caller's, so that tests can count and fail, and a simulated IOMMU can have little memory.
 */
struct vcm_pt_mem_ops {
	/**
	 * @alloc: @len bytes, zero, at a physical address that is a multiple of @len and, to its
	 * end, at most @last.  @len is a power of two from 1 KiB to VCM_PT_TABLE_MAX.  Called by
	 * init and map, and by unmap when a page has to be split, in the context of that call.
	 * Return: NULL when there is none.
	 */
	void *(*alloc)(void *priv, u64 len, u64 last);

	/**
	 * @free: give back what @alloc returned.  Called by map and init for tables that nothing
	 * links to, by fini for all, and by nobody else.
	 */
	void (*free)(void *priv, void *table, u64 len);

	/** @to_pa: physical address of what @alloc returned */
	u64 (*to_pa)(void *priv, const void *table);

	/**
	 * @to_va: memory of @len bytes at physical address @pa, for reading and, when called by
	 * map and unmap, for writing.  Walks call it with whatever an entry says.
	 * Return: NULL when there is no memory; a walk ends with VCM_PT_WALK then.
	 */
	void *(*to_va)(void *priv, u64 pa, u64 len);
};

/**
 * struct vcm_pt_mem - a source of tables
 * @ops:  its functions
 * @priv: their first argument
 */
struct vcm_pt_mem {
	const struct vcm_pt_mem_ops *ops;
	void *priv;
};

/**
 * struct vcm_pt_regs - what an IOMMU is told, and all that a walk knows
 * @fmt:     the format that it understands
 * @mem:     the memory that it reads
 * @root:    physical address of the table of depth 0
 * @start:   first address of the window
 * @last:    last address of the window
 * @pgshift: log2 of the page size, for formats with one at a time; 0 otherwise
 * @asid:    what tells its translations from those of others in an IOTLB
 */
struct vcm_pt_regs {
	const struct vcm_fmt *fmt;
	const struct vcm_pt_mem *mem;
	u64 root;
	u64 start;
	u64 last;
	u32 pgshift;
	u32 asid;
};

/**
 * struct vcm_pt_cfg - what a page table shall be
 * @fmt:     its format
 * @mem:     source of tables; has to live as long as the page table
 * @start:   first address of the window, a multiple of the smallest page size
 * @last:    last address of the window; @last + 1 is a multiple of it or wraps to 0
 * @pgsizes: page sizes that may be asked for, a subset of the format's; 0 for all.  The flat
 *           format wants exactly one, and takes the smallest for 0.
 * @oas:     bits of an output address, not above the format's; 0 for the format's
 * @asid:    for @asid of the registers
 */
struct vcm_pt_cfg {
	const struct vcm_fmt *fmt;
	const struct vcm_pt_mem *mem;
	u64 start;
	u64 last;
	u64 pgsizes;
	u32 oas;
	u32 asid;
};

/**
 * struct vcm_pt_count - what is in a page table
 * @tables:  tables, the root included
 * @pages:   pages that are mapped
 * @entries: entries that are not empty, links included
 * @bytes:   bytes that are mapped
 */
struct vcm_pt_count {
	u64 tables;
	u64 pages;
	u64 entries;
	u64 bytes;
};

/**
 * struct vcm_pt - a page table
 * @regs:    what to tell an IOMMU; immutable after init
 * @root:    the table of depth 0; immutable
 * @pgsizes: page sizes that may be asked for; immutable
 * @oas:     bits of an output address; immutable
 * @count:   F5; under the caller's lock
 */
struct vcm_pt {
	struct vcm_pt_regs regs;
	void *root;
	u64 pgsizes;
	u32 oas;
	struct vcm_pt_count count;
};

/**
 * struct vcm_pt_map - what to map
 * @iova:    first address, a multiple of @pgsize
 * @pa:      where to, a multiple of @pgsize
 * @pgsize:  bytes of a page, one of the page table's sizes
 * @pgcount: how many pages, not 0
 * @prot:    VCM_PT_* flags, READ or WRITE among them
 * @mapped:  out: bytes that are mapped, from @iova on; all after success
 */
struct vcm_pt_map {
	u64 iova;
	u64 pa;
	u64 pgsize;
	u64 pgcount;
	u32 prot;
	u64 mapped;
};

/**
 * struct vcm_pt_gather - what has to be invalidated, and what can be freed then
 *
 * Embedded by the caller, who clears it first and sets the functions; both are called while the
 * page table is in order, may not change it, and may not be NULL.
 */
struct vcm_pt_gather {
	/**
	 * @range: entries of pages of @pgsize have gone from [@iova, @iova + @len), or, after a
	 * split, have become entries of smaller pages.  Whatever a cache holds of that range is to
	 * be invalidated before the memory behind it, and the addresses, are used for anything
	 * else.
	 */
	void (*range)(struct vcm_pt_gather *gather, u64 iova, u64 len, u64 pgsize);

	/**
	 * @table: nothing links to @table any more.  It belongs to the caller, who frees it with
	 * vcm_pt_mem_ops.free() after the invalidation, and not before: F3.
	 */
	void (*table)(struct vcm_pt_gather *gather, void *table, u64 len);

	/**
	 * @err: out: why vcm_pt_unmap() stopped early, 0 when it did not.
	 */
	int err;
};

/**
 * struct vcm_pt_walk - the result of a walk
 * @step:   in: called before an entry is read, with the depth of its table; may be NULL.  For
 *          latency, and for tests that change tables while a device walks them.
 * @priv:   in: for @step
 * @iova:   first address of the page
 * @pa:     what that address is translated to
 * @len:    bytes of the page
 * @prot:   what it permits
 * @levels: tables that were read
 * @reason: how it ended; @iova to @prot are set for OK and PERMISSION
 */
struct vcm_pt_walk {
	void (*step)(void *priv, u32 depth);
	void *priv;
	u64 iova;
	u64 pa;
	u64 len;
	u32 prot;
	u32 levels;
	enum vcm_pt_reason reason;
};

/**
 * vcm_pt_walk_pa - what an address of a walk's page is translated to
 * @walk: a walk that ended with VCM_PT_OK
 * @iova: an address of its page
 *
 * Return: the physical address.
 */
static inline u64 vcm_pt_walk_pa(const struct vcm_pt_walk *walk, u64 iova)
{
	return walk->pa + (iova - walk->iova);
}

extern const struct vcm_fmt vcm_fmt_armv7s;
extern const struct vcm_fmt vcm_fmt_omap;
extern const struct vcm_fmt vcm_fmt_tce;
extern const struct vcm_fmt vcm_fmt_x86;

/* For loops over all of them: NULL ends it. */
const struct vcm_fmt *vcm_fmt_nth(u32 nr);
const struct vcm_fmt *vcm_fmt_find(const char *name);

/* The formats' own attributes. */
#define VCM_PT_OMAP_BIG		(VCM_PT_ATTR << 0)	/* the memory is big-endian */
#define VCM_PT_OMAP_MIXED	(VCM_PT_ATTR << 1)	/* endianness by page, not by access */
#define VCM_PT_OMAP_ELSZ(n)	((VCM_PT_ATTR << 2) * (n))	/* of 2^n bytes; 3 none */
#define VCM_PT_OMAP_ATTRS	(VCM_PT_OMAP_BIG | VCM_PT_OMAP_MIXED | VCM_PT_OMAP_ELSZ(3))

int vcm_pt_init(struct vcm_pt *pt, const struct vcm_pt_cfg *cfg);
void vcm_pt_fini(struct vcm_pt *pt);
int vcm_pt_map(struct vcm_pt *pt, struct vcm_pt_map *map);
u64 vcm_pt_unmap(struct vcm_pt *pt, u64 iova, u64 pgsize, u64 pgcount,
		 struct vcm_pt_gather *gather);
enum vcm_pt_reason vcm_pt_walk(const struct vcm_pt_regs *regs, u64 iova, u32 access,
			       struct vcm_pt_walk *walk);
enum vcm_pt_reason vcm_pt_permits(u32 prot, u32 access);

/**
 * struct vcm_pt_visitor - who is shown the pages of a page table
 * @page: called for each page in order of address; anything but 0 ends it
 */
struct vcm_pt_visitor {
	int (*page)(struct vcm_pt_visitor *visitor, u64 iova, const struct vcm_pt_entry *entry);
};

int vcm_pt_visit(const struct vcm_pt *pt, struct vcm_pt_visitor *visitor);
const char *vcm_pt_check(const struct vcm_pt *pt, struct vcm_pt_count *count);

#endif
