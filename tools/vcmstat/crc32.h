/* SPDX-License-Identifier: GPL-2.0-only */
/* crc32.h - CRC-32 as zlib and Ethernet have it, a byte at a time. */
#ifndef VCMSTAT_CRC32_H
#define VCMSTAT_CRC32_H

#include <stddef.h>
#include <stdint.h>

#define CRC32_POLYNOMIAL 0xedb88320u

static inline uint32_t crc32_of(const void *bytes, size_t len)
{
	static uint32_t table[256];
	const unsigned char *p = bytes;
	uint32_t crc = ~0u, i, bit;

	for (i = 0; !table[255] && i < 256; i++) {
		table[i] = i;
		for (bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? CRC32_POLYNOMIAL : 0);
	}
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

#endif
