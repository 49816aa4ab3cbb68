/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim.h - simulated IOMMUs and the devices behind them: structs, invariants, locks.
 *
 *   word      meaning
 *   instance  one IOMMU (struct vcm_sim_mmu): a format, context banks, an IOTLB
 *   bank      registers that make one page table usable: a device translates through one bank
 *   domain    an iommu_domain of an instance, with page tables in real memory
 *   access    bytes that a device reads or writes, of one page
 *   fault     an access that was not translated
 *
 * The kernel's side of an instance (iommu.c) tells the hardware's side (bank.c, access.c) what a
 * driver would tell real registers, and nothing else: an access knows the registers of its
 * bank, the IOTLB and memory.
 *
 * Invariants
 *  S1  A domain is of one instance.  It has a bank as long as a device is attached to it, and
 *      no longer.
 *  S2  A translation that the IOTLB holds is used until it is invalidated or evicted.
 *  S3  After an invalidation has returned, no access that used the old translation is under way;
 *      after attach_dev() has returned, no access through the old domain is.
 *  S4  Each fault is counted once, kept in the ring of its instance, and told to the kernel.
 *  S5  A table that was unlinked is freed after the invalidation that belongs to it.
 *
 * Locks, outer first
 *   vcm_sim_lock         what is live, and lists; mutex
 *   (locks of the driver core and the IOMMU core)
 *   vcm_sim_dev.lock     the engine and the buffer of one device; mutex
 *   vcm_sim_mmu.in_flight  SRCU; an access and the report of its fault run inside
 *   vcm_sim_mmu.lock     registers, IOTLB, counters; spinlock, interrupts off
 *   vcm_sim_domain.lock  page tables; spinlock, interrupts off
 *   vcm_sim_mmus_lock    the list of instances for who cannot sleep; vcm_sim_mmu.lock inside
 * vcm_sim_mmu.lock and vcm_sim_domain.lock are never held together: a walk needs neither the
 * second nor the first to be safe against map and unmap, and the first keeps tables from being
 * freed (S5).
 */
#ifndef VCM_SIM_H
#define VCM_SIM_H

#include <linux/configfs.h>
#include <linux/fwnode.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "formats/format.h"
#include "formats/iotlb.h"
#include "sim_dev.h"

struct dentry;
struct platform_device;
struct task_struct;

#define VCM_SIM_NAME_LEN	16	/* of an instance or device, with the terminating zero */
#define VCM_SIM_CONTEXTS_MAX	128
#define VCM_SIM_TLB_MAX		1024	/* sets, and ways */
#define VCM_SIM_FAULTS		64	/* that an instance remembers */

/**
 * struct vcm_sim_cfg - what an instance shall be; vcm_sim_lock, immutable while live
 * @fmt:         format of its page tables
 * @page_sizes:  that may be used, bit n for 2^n bytes; 0 for all of the format
 * @start:       first address of the aperture
 * @last:        last address of the aperture
 * @contexts:    banks
 * @tlb_sets:    of the IOTLB
 * @tlb_ways:    of the IOTLB
 * @latency_us:  time that a walk takes
 * @table_pages: pages that tables may take, 0 for no limit
 * @stall:       a fault holds the access up until it is resumed; else it is terminated
 */
struct vcm_sim_cfg {
	const struct vcm_fmt *fmt;
	u64 page_sizes;
	u64 start;
	u64 last;
	u64 contexts;
	u64 tlb_sets;
	u64 tlb_ways;
	u64 latency_us;
	u64 table_pages;
	u64 stall;
};

/**
 * enum vcm_sim_reason - reasons of faults beyond those of enum vcm_pt_reason
 * @VCM_SIM_REASON_BANK: the bank has no registers, they were lost with the power
 * @VCM_SIM_REASONS:     how many there are
 */
enum vcm_sim_reason {
	VCM_SIM_REASON_BANK = VCM_PT_REASONS,
	VCM_SIM_REASONS,
};

/**
 * struct vcm_sim_fault - one fault
 * @nr:     its number, from 1
 * @ns:     when, CLOCK_MONOTONIC
 * @iova:   address
 * @dev:    device
 * @bank:   number of its bank, -1 for its own or none
 * @reason: enum vcm_pt_reason or vcm_sim_reason
 * @write:  the device wrote
 * @stall:  the access was held up
 */
struct vcm_sim_fault {
	u64 nr;
	u64 ns;
	u64 iova;
	char dev[40];
	int bank;
	u32 reason;
	bool write;
	bool stall;
};

/**
 * struct vcm_sim_stats - counters of an instance beside those of its IOTLB
 * @accesses: that were tried
 * @bytes:    that were moved
 * @faults:   by reason
 * @skipped:  invalidations that an erratum lost
 */
struct vcm_sim_stats {
	u64 accesses;
	u64 bytes;
	u64 faults[VCM_SIM_REASONS];
	u64 skipped;
};

/**
 * struct vcm_sim_erratum - what the hardware does wrong, for tests of those who should see it
 * @skip_range:  invalidations of a range to lose from here on
 * @wrong_range: invalidations of a range to give to another instance
 * @walk_error:  walks to fail from here on
 */
struct vcm_sim_erratum {
	u32 skip_range;
	u32 wrong_range;
	u32 walk_error;
};

/**
 * struct vcm_sim_bank - one context bank; vcm_sim_mmu.lock
 * @domain:     whose it is, NULL when it is free
 * @users:      devices that translate through it
 * @programmed: @regs hold; the power was not lost since they were written
 * @regs:       the page table
 */
struct vcm_sim_bank {
	struct vcm_sim_domain *domain;
	u32 users;
	bool programmed;
	struct vcm_pt_regs regs;
};

/**
 * struct vcm_sim_mmu - one IOMMU
 * @group:       its folder
 * @name:        immutable
 * @cfg:         see there
 * @live:        registered; vcm_sim_lock
 * @node:        in vcm_sim_mmus while live; changed under vcm_sim_lock and vcm_sim_mmus_lock
 * @devs:        live devices behind it; changed under vcm_sim_lock and @lock
 * @next_stream: next stream id; vcm_sim_lock
 * @iommu:       what the IOMMU core knows
 * @fwnode:      what its devices name
 * @in_flight:   S3
 * @lock:        for all below
 * @powered:     its registers hold what is written to them
 * @banks:       cfg.contexts of them
 * @tlb:         the IOTLB
 * @next_asid:   tag of the next domain
 * @stats:       counters
 * @faults:      the last ones, by number
 * @erratum:     see there
 * @table_pages: pages that tables take; atomic
 * @dir:         debugfs folder; vcm_sim_lock
 */
struct vcm_sim_mmu {
	struct config_group group;
	char name[VCM_SIM_NAME_LEN];
	struct vcm_sim_cfg cfg;
	bool live;
	struct list_head node;
	struct list_head devs;
	u32 next_stream;
	struct iommu_device iommu;
	struct fwnode_handle fwnode;
	struct srcu_struct in_flight;
	spinlock_t lock;	/* registers, IOTLB, counters */
	bool powered;
	struct vcm_sim_bank *banks;
	struct vcm_iotlb tlb;
	u32 next_asid;
	struct vcm_sim_stats stats;
	struct vcm_sim_fault faults[VCM_SIM_FAULTS];
	struct vcm_sim_erratum erratum;
	atomic_long_t table_pages;
	struct dentry *dir;
};

/**
 * struct vcm_sim_domain - page tables
 * @iommu:   what the IOMMU core knows
 * @mmu:     whose they are; immutable
 * @mem:     where tables come from; immutable
 * @lock:    for @pt and @retired
 * @pt:      the tables
 * @retired: tables that wait for flush_iotlb_all(), when unmapping is lazy
 * @bank:    S1; vcm_sim_mmu.lock
 */
struct vcm_sim_domain {
	struct iommu_domain iommu;
	struct vcm_sim_mmu *mmu;
	struct vcm_pt_mem mem;
	spinlock_t lock;	/* the tables */
	struct vcm_pt pt;
	struct list_head retired;
	struct vcm_sim_bank *bank;
};

/**
 * struct vcm_sim_chan - one stream of commands of a device
 * @lock: one command at a time
 * @page: bytes on their way from memory to memory; under @lock
 */
struct vcm_sim_chan {
	struct mutex lock;	/* one command at a time */
	u8 *page;
};

/**
 * struct vcm_sim_burst - the engine by itself, round after round
 * @task:   NULL when it is off; vcm_sim_dev.burst_lock
 * @cmd:    what it does; immutable while @task runs
 * @rounds: that ended well
 * @failed: that did not
 * @err:    of the last that did not
 */
struct vcm_sim_burst {
	struct task_struct *task;
	struct vcm_sim_cmd cmd;
	u64 rounds;
	u64 failed;
	int err;
};

/**
 * struct vcm_sim_dev_stats - counters of a device; vcm_sim_mmu.lock
 * @bytes:     moved
 * @faults:    all
 * @submitted: jobs
 * @done:      jobs that ended well
 * @failed:    jobs that did not
 * @err:       of the last that did not
 */
struct vcm_sim_dev_stats {
	u64 bytes;
	u64 faults;
	u64 submitted;
	u64 done;
	u64 failed;
	int err;
};

/**
 * struct vcm_sim_dev - one device
 * @group:          its folder
 * @mmu:            IOMMU that it is behind; immutable
 * @name:           on the platform bus; immutable
 * @dma_bits:       address lines; vcm_sim_lock
 * @default_domain: what it uses outside of every context; vcm_sim_lock
 * @live:           on the bus; vcm_sim_lock
 * @node:           in vcm_sim_mmu.devs
 * @pdev:           while live
 * @stream:         stream id; immutable while live
 * @gone:           being unplugged: no access begins; read without a lock
 * @bank:           what it translates through, or NULL; vcm_sim_mmu.lock
 * @own:            its bank outside of every context; likewise
 * @bypass:         without a bank: all of memory, not nothing; likewise
 * @stalled:        accesses that are held up; vcm_sim_mmu.lock
 * @stalled_at:     address of the last of them; likewise
 * @resumes:        how often it was resumed; likewise
 * @resume_retry:   the last time was to try again; likewise
 * @resume_wait:    whoever is held up
 * @manual:         commands that somebody waits for
 * @queued:         jobs
 * @bursting:       the burst
 * @buffer:         memory inside of the device; under manual.lock or queued.lock
 * @sum:            of the last manual command; under manual.lock
 * @queue:          jobs, one after the other
 * @burst_lock:     for @burst.task
 * @burst:          see there
 * @stats:          counters
 * @dir:            debugfs folder; vcm_sim_lock
 */
struct vcm_sim_dev {
	struct config_group group;
	struct vcm_sim_mmu *mmu;
	char name[40];
	u32 dma_bits;
	u32 default_domain;
	bool live;
	struct list_head node;
	struct platform_device *pdev;
	u32 stream;
	bool gone;
	struct vcm_sim_bank *bank;
	struct vcm_sim_bank own;
	bool bypass;
	u32 stalled;
	u64 stalled_at;
	u32 resumes;
	bool resume_retry;
	wait_queue_head_t resume_wait;
	struct vcm_sim_chan manual;
	struct vcm_sim_chan queued;
	struct vcm_sim_chan bursting;
	u8 *buffer;
	u64 sum;
	struct workqueue_struct *queue;
	struct mutex burst_lock;	/* who starts and stops the burst */
	struct vcm_sim_burst burst;
	struct vcm_sim_dev_stats stats;
	struct dentry *dir;
};

extern struct mutex vcm_sim_lock;
extern struct list_head vcm_sim_mmus;
extern spinlock_t vcm_sim_mmus_lock;
extern struct dentry *vcm_sim_dev_dir;
extern const struct iommu_ops vcm_sim_iommu_ops;

/* config.c, config_dev.c */
int vcm_sim_config_init(void);
void vcm_sim_config_exit(void);
int vcm_sim_dev_default_type(const struct vcm_sim_dev *sdev);

/* instance.c */
struct vcm_sim_mmu *vcm_sim_mmu_alloc(const char *name);
void vcm_sim_mmu_free(struct vcm_sim_mmu *mmu);
int vcm_sim_mmu_go_live(struct vcm_sim_mmu *mmu);
int vcm_sim_mmu_go_dead(struct vcm_sim_mmu *mmu);

/* table.c */
extern const struct vcm_pt_mem_ops vcm_sim_mem_ops;
extern const struct vcm_pt_mem_ops vcm_sim_mem_ops_init;
void vcm_sim_table_free(struct vcm_sim_mmu *mmu, void *table, u64 len);
void vcm_sim_cfg_default(struct vcm_sim_cfg *cfg);
const char *vcm_sim_cfg_format(const struct vcm_sim_cfg *cfg);
int vcm_sim_cfg_set_format(struct vcm_sim_cfg *cfg, const char *name);
int vcm_sim_cfg_check(const struct vcm_sim_cfg *cfg);

/* device.c */
struct vcm_sim_dev *vcm_sim_dev_alloc(struct vcm_sim_mmu *mmu, const char *name);
void vcm_sim_dev_free(struct vcm_sim_dev *sdev);
int vcm_sim_dev_go_live(struct vcm_sim_dev *sdev);
void vcm_sim_dev_go_dead(struct vcm_sim_dev *sdev);

/* bank.c */
int vcm_sim_bank_switch(struct vcm_sim_dev *sdev, struct vcm_sim_domain *domain);
void vcm_sim_bank_leave(struct vcm_sim_dev *sdev, bool bypass);
int vcm_sim_bank_nr(const struct vcm_sim_dev *sdev);
void vcm_sim_flush_range(struct vcm_sim_domain *domain, u64 start, u64 last);
void vcm_sim_flush_domain(struct vcm_sim_domain *domain);
int vcm_sim_lock_entry(struct vcm_sim_mmu *mmu, u32 bank, u64 iova);
void vcm_sim_power(struct vcm_sim_mmu *mmu, bool on);
void vcm_sim_reprogram(struct vcm_sim_mmu *mmu);

/* access.c */
int vcm_sim_access(struct vcm_sim_dev *sdev, u64 iova, void *buf, u64 len, bool write);
int vcm_sim_resume(struct vcm_sim_dev *sdev, bool retry);
const char *vcm_sim_reason_name(u32 reason);

/* engine.c */
void vcm_sim_engine_setup(struct vcm_sim_dev *sdev);
int vcm_sim_engine_start(struct vcm_sim_dev *sdev);
void vcm_sim_engine_stop(struct vcm_sim_dev *sdev);
int vcm_sim_engine_run(struct vcm_sim_dev *sdev, struct vcm_sim_cmd *cmd);
int vcm_sim_engine_submit(struct vcm_sim_dev *sdev, struct vcm_sim_job *job);
int vcm_sim_burst_start(struct vcm_sim_dev *sdev, const struct vcm_sim_cmd *cmd);
int vcm_sim_burst_stop(struct vcm_sim_dev *sdev);

/* debugfs.c, debugfs_dev.c */
void vcm_sim_debugfs_init(void);
void vcm_sim_debugfs_exit(void);
void vcm_sim_debugfs_mmu_add(struct vcm_sim_mmu *mmu);
void vcm_sim_debugfs_mmu_remove(struct vcm_sim_mmu *mmu);
void vcm_sim_debugfs_dev_add(struct vcm_sim_dev *sdev);
void vcm_sim_debugfs_dev_remove(struct vcm_sim_dev *sdev);

#endif
