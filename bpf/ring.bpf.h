/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.bpf.h - when a ring buffer wakes its reader.
 *
 * A wake-up per record costs more than the record.  The reader looks by itself several times a
 * second; it is woken only when the record that is about to be submitted makes the fill cross
 * a quarter of the ring, once per crossing.
 */
#ifndef VCM_RING_BPF_H
#define VCM_RING_BPF_H

#define VCM_RING_HDR 8	/* bytes the ring adds to each record */

static __always_inline __u64 vcm_ring_wakeup(void *ring, __u64 record)
{
	__u64 full = bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 4;
	__u64 used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);	/* with this record */

	if (used >= full && used < full + record + VCM_RING_HDR)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

#endif
