// SPDX-License-Identifier: GPL-2.0-only
/* src_rung.c - programs of one rung, and why they are refused. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "src_rung.h"

/* Is the first word of @section, up to "/", among @kinds? */
static bool is_among(const char *section, const char *kinds)
{
	size_t len = strcspn(section, "/");

	for (; *kinds; kinds += strspn(kinds, " ")) {
		size_t n = strcspn(kinds, " ");

		if (n == len && !strncmp(section, kinds, n))
			return true;
		kinds += n;
	}
	return false;
}

void src_rung_choose(struct bpf_object *obj, const struct rung *rung)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, is_among(bpf_program__section_name(prog),
							 rung->kinds));
}

int src_rung_attach(struct bpf_object_skeleton *skeleton, const struct rung *rung)
{
	int ret;

	src_rung_choose(*skeleton->obj, rung);
	ret = bpf_object__load_skeleton(skeleton);
	return ret ? ret : bpf_object__attach_skeleton(skeleton);
}

int src_rung_refused(const char *what, int ret, struct error *err)
{
	if ((ret == -EPERM || ret == -EACCES) && geteuid())
		return error_set(err, EXIT_PERMISSION, "no permission to %s: run as root", what);
	return error_set(err, ret == -ENOENT || ret == -ESRCH ? EXIT_ABSENT : EXIT_FAILED,
			 "cannot %s: %s (-v tells more)", what, strerror(-ret));
}
