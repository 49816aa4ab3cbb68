// SPDX-License-Identifier: GPL-2.0-only
/*
 * play.c - run a scenario line by line, and clear up behind it.
 *
 * A command has to have the outcome that was expected, 0 unless the line says otherwise; the
 * first that has not ends the scenario.
 */
#include "scenario.h"
#include "soft.h"

void scn_init(struct scn *scn, const struct scn_host *host)
{
	memset(scn, 0, sizeof(*scn));
	scn->host = host;
}

/* Did the command end as it had to? */
static int scn_judge(struct scn *scn, int got)
{
	const struct scn_cmd *cmd = &scn->cmd;
	const char *wrong = NULL;

	if (got == SCN_BAD && cmd->want != SCN_ANY)
		return -1;
	if (got != cmd->want && cmd->want != SCN_ANY) {
		scn_bad(scn, "wrong outcome of", cmd->verb ? cmd->verb->name : "expect");
		scn->error.outcome = true;
		scn->error.want = cmd->want;
		scn->error.got = got;
		return -1;
	}
	scn->commands++;
	if (scn->host->after)
		wrong = scn->host->after(scn->host->data);
	if (wrong)
		scn_bad(scn, wrong, "");
	return wrong ? -1 : 0;
}

static int scn_play_line(struct scn *scn, const char *line, size_t len)
{
	const struct scn_cmd *cmd = &scn->cmd;
	int got = scn_parse(line, len, &scn->cmd, &scn->error);

	if (got <= 0)
		return got;
	return scn_judge(scn, cmd->verb ? cmd->verb->play(scn, cmd) : scn_play_expect(scn, cmd));
}

static int scn_each_line(struct scn *scn, const char *text, size_t len, bool play)
{
	const char *end = text + len, *next;
	u32 line = 0;
	int err = 0;

	for (; text < end && !err; text = next + 1) {
		for (next = text; next < end && *next != '\n';)
			next++;
		scn->error = (struct scn_error) { .line = ++line };
		scn->cmd.line = line;
		if (play && scn->host->line)
			scn->host->line(scn->host->data, line, text, next - text);
		err = play ? scn_play_line(scn, text, next - text) :
			     scn_parse(text, next - text, &scn->cmd, &scn->error);
		if (err > 0)
			err = 0;
	}
	return err;
}

/* Is @text a scenario?  Return: 0, or -1 with scn.error. */
int scn_check(struct scn *scn, const char *text, size_t len)
{
	return scn_each_line(scn, text, len, false);
}

/* Play it.  Return: 0, or -1 with scn.error. */
int scn_play(struct scn *scn, const char *text, size_t len)
{
	return scn_each_line(scn, text, len, true);
}

static struct vcm_holder *scn_holder_at(const struct scn *scn, u32 index)
{
	return index == SCN_NOBODY ? NULL : scn->object[index].ptr;
}

static int scn_let_go(const struct scn_object *object, struct vcm_holder *holder)
{
	switch (object->kind) {
	case SCN_CONTEXT:
		return vcm_put_as(object->ptr, holder);
	case SCN_RES:
		return vcm_unreserve_as(object->ptr, holder);
	case SCN_PHYS:
		return vcm_phys_put_as(object->ptr, holder);
	case SCN_ASSOC:
		return vcm_deassoc(object->ptr);
	case SCN_DEVICE:
		soft_device_unplug(object->ptr);
		return 0;
	default:
		vcm_holder_put(object->ptr);
		return 0;
	}
}

/* Give up everything of one kind that @scn holds. */
static int scn_end_kind(struct scn *scn, enum scn_kind kind)
{
	struct scn_object *object;
	struct scn_hold *hold;
	int err = 0;

	for (u32 i = 0; i < scn->nr_hold && !err; i++) {
		hold = &scn->hold[i];
		object = &scn->object[hold->object];
		while (object->kind == kind && hold->count && !err) {
			err = scn_let_go(object, scn_holder_at(scn, hold->holder));
			hold->count--;
			object->held--;
		}
		if (err) {
			scn->error = (struct scn_error) { .outcome = true, .got = err };
			scn_bad(scn, "cannot be given up at the end:", object->name);
		}
	}
	return err ? -1 : 0;
}

static void scn_end_vmaps(struct scn *scn)
{
	for (u32 i = 0; i < scn->nr_object; i++)
		for (; scn->object[i].vmaps; scn->object[i].vmaps--)
			vcm_vunmap(scn->object[i].ptr);
}

/* Whoever holds a reference to a context ends it, as the close of a file would. */
static void scn_end_contexts(struct scn *scn)
{
	struct scn_object *object;
	struct scn_hold *hold;

	for (u32 i = 0; i < scn->nr_hold; i++) {
		hold = &scn->hold[i];
		object = &scn->object[hold->object];
		if (object->kind != SCN_CONTEXT || !hold->count || object->dead)
			continue;
		object->dead = true;
		vcm_set_fault_handler(object->ptr, NULL, NULL);
		vcm_destroy_as(object->ptr, scn_holder_at(scn, hold->holder));
		hold->count--;
		object->held--;
	}
}

/*
 * Give up everything that the scenario still holds: contexts first, with all that is in them.
 * Return: 0, or -1 with scn.error.
 */
int scn_end(struct scn *scn)
{
	static const enum scn_kind order[] = {
		SCN_CONTEXT, SCN_RES, SCN_ASSOC, SCN_PHYS, SCN_DEVICE, SCN_HOLDER,
	};
	int err = 0;

	scn_end_vmaps(scn);
	scn_end_contexts(scn);
	for (u32 i = 0; i < ARRAY_SIZE(order) && !err; i++)
		err = scn_end_kind(scn, order[i]);
	scn->nr_object = 0;
	scn->nr_hold = 0;
	return err;
}
