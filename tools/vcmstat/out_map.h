/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out_map.h - address spaces drawn: letters for states, under 80 columns, colour on top.
 */
#ifndef VCMSTAT_OUT_MAP_H
#define VCMSTAT_OUT_MAP_H

#include "addrmap.h"
#include "grid.h"
#include "json.h"

enum grid_style map_style(enum addrmap_state state);
/* '1' to '9', '+' for more, ' ' for none. */
char map_refs(uint32_t refs);

struct map_look {
	uint64_t first;		/* of what to show; 0 and UINT64_MAX for all */
	uint64_t last;
	unsigned int shift;	/* log2 of the bytes of a cell, 0 to choose */
	unsigned int lines;	/* of cells, at most */
	bool ascii;
	bool color;
};

/* Every context of the model, or what there is of them. */
void out_map(FILE *out, const struct model *m, const struct map_look *look);
void out_map_json(struct json *j, const struct model *m, const struct map_look *look);

#endif
