/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * utf8.h - is it UTF-8?  Shared by the writer and the reader of JSON.
 */
#ifndef VCMSTAT_UTF8_H
#define VCMSTAT_UTF8_H

#include <stddef.h>

/*
 * Bytes of the well-formed UTF-8 sequence at @s, 0 when it is not one: no overlong forms, no
 * surrogates, nothing above U+10FFFF (Unicode 15, table 3-7).
 */
static inline size_t utf8_len(const unsigned char *s, size_t max)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (len > max)
		return 0;
	if (s[0] == 0xe0)
		lo = 0xa0;
	if (s[0] == 0xed)
		hi = 0x9f;
	if (s[0] == 0xf0)
		lo = 0x90;
	if (s[0] == 0xf4)
		hi = 0x8f;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (i = 2; i < len; i++) {
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	}
	return len;
}

#endif
