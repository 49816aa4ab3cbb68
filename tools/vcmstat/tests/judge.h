/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge.h - a story, a fault, and what the engine says: the common part of the tests of rules.
 */
#ifndef VCMSTAT_JUDGE_H
#define VCMSTAT_JUDGE_H

#include "story.h"

#define CAMERA	"0000:00:05.0"
#define RW	(VCM_PROT_READ | VCM_PROT_WRITE)
#define MS	1000000u

/* What a test has to do with, all of it made by judge_begin(). */
struct judged {
	struct story story;
	struct diag how;		/* the engine is asked with */
	struct diag_result res;
	uint32_t vcm;
	uint32_t dev;			/* the camera */
	uint64_t assoc;			/* of both */
	uint64_t buffer;		/* 16K at 0x100000 that the camera may use */
};

extern struct judged judged;

/* The camera is active since 50 ms; whoever does something now is app/812. */
void judge_begin(void);
void judge_at(const struct diag_fault *f);
/* A fault of the camera, now. */
void judge(uint64_t iova, enum diag_access access);
const struct diag_verdict *judge_best(void);
void judge_expect(const char *rule, enum diag_confidence confidence);
/* The best verdict names him, and has the event first among its evidence. */
void judge_culprit(uint32_t pid, const char *comm);

#endif
