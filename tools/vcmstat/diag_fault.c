// SPDX-License-Identifier: GPL-2.0-only
/* diag_fault.c - from what an event or a record has of a fault to what the engine asks with. */
#include <string.h>

#include "diag.h"
#include "faultfmt.h"
#include "sink.h"

#define VTD_TOO_WIDE 4	/* fault reason: the address has more bits than the tables */

void diag_of_event(struct diag_fault *f, const struct model *m, const struct vcm_event *ev)
{
	enum { VCM_EV_fault(AT) };
	const struct vcm_snap_device *d = table_find(&m->device, ev->arg[at_dev], 0);

	memset(f, 0, sizeof(*f));
	f->ts_ns = ev->ts_ns;
	f->iova = ev->arg[at_iova];
	f->grain = 1;
	f->access = ev->arg[at_access] == VCM_ACCESS_WRITE ? DIAG_WRITE :
		    ev->arg[at_access] == VCM_ACCESS_READ ? DIAG_READ : DIAG_ACCESS_UNKNOWN;
	f->source = "vcm";
	if (d)
		memcpy(f->device, d->name, sizeof(f->device) - 1);
	f->dev = (uint32_t)ev->arg[at_dev];
	f->vcm = ev->vcm;
	f->is_event = true;
	f->stream = ev->stream;
	f->seq = ev->seq;
}

void diag_of_record(struct diag_fault *f, const struct vcm_fault *fault)
{
	bool is_vtd = fault->source == VCM_FAULT_VTD;

	memset(f, 0, sizeof(*f));
	f->ts_ns = fault->ts_ns;
	f->grain = is_vtd ? DIAG_PAGE : 1;
	f->iova = fault->iova & ~(f->grain - 1);
	f->access = fault->access == VCM_FAULT_WRITE ? DIAG_WRITE :
		    fault->access == VCM_FAULT_READ ? DIAG_READ : DIAG_ACCESS_UNKNOWN;
	f->source = fault_source_text(fault->source);
	f->reason = fault_reason_text(fault);
	f->too_wide = is_vtd && fault->reason == VTD_TOO_WIDE;
	if (fault->device != VCM_FAULT_NO_DEVICE || fault->name[0])
		fault_device(f->device, fault);
}
