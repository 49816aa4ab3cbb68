// SPDX-License-Identifier: GPL-2.0-only
/*
 * note.c - what a driver has worked out about memory, kept with it.
 *
 * The core knows where memory is; a driver wants to be told so in the words of the subsystem that
 * it calls.  It works that out once and leaves it here.  phys.c frees it with the memory.
 */
#include "core.h"

/**
 * vcm_phys_note() - what a driver keeps with memory
 * @phys: the memory
 *
 * Context: any. Return: what vcm_phys_set_note() was given, or NULL.
 */
struct vcm_phys_note *vcm_phys_note(const struct vcm_phys *phys)
{
	/* What the note says is there when the note is. */
	return smp_load_acquire(&phys->note);
}
EXPORT_SYMBOL_GPL(vcm_phys_note);

/**
 * vcm_phys_set_note() - keep something with memory, as long as it is there
 * @phys: the memory; the caller sees to it that it has no note yet
 * @note: what to keep
 *
 * Context: any.
 */
void vcm_phys_set_note(struct vcm_phys *phys, struct vcm_phys_note *note)
{
	/* See vcm_phys_note(). */
	smp_store_release(&phys->note, note);
}
EXPORT_SYMBOL_GPL(vcm_phys_set_note);
