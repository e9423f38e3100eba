/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C side of tests/c_peer.rs: maps a file and follows orders from its input.
 *
 * Orders, one a line; each gets one line of answer:
 *   push TEXT   result of shmem_producer_push
 *   pop         result of shmem_consumer_pop, wake, text
 *   askroom, askrecords
 *   get         result of shmem_snapshot_get, version, text
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shmem_rings.h"

#define BYTES 65536

int main(int argc, char **argv)
{
	struct shmem_rings_shape ring = { SHMEM_RING, 4, 24, 7, 9 };
	struct shmem_rings_shape snapshot = { SHMEM_SNAPSHOT, 4, 24, 7, 9 };
	struct shmem_producer producer;
	struct shmem_consumer consumer;
	uint64_t *down, *up, *shown;
	char line[256], out[64];
	int file;

	if (argc != 2 || (file = open(argv[1], O_RDWR)) < 0)
		return 2;
	/* Ring to us, ring from us, snapshot: one third each, the last read-only. */
	down = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	up = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, BYTES);
	shown = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, file, 2 * BYTES);
	if (down == MAP_FAILED || up == MAP_FAILED || shown == MAP_FAILED)
		return 2;
	printf("%d %d %d\n", shmem_consumer_attach(&consumer, down, BYTES / 8, &ring),
	       shmem_producer_attach(&producer, up, BYTES / 8, &ring),
	       shmem_rings_check(shown, BYTES / 8, &snapshot));
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		uint64_t version = 0;
		int64_t length;
		int wake = 0;

		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "push ", 5)) {
			printf("%d\n", shmem_producer_push(&producer, line + 5, strlen(line + 5)));
		} else if (!strcmp(line, "pop")) {
			length = shmem_consumer_pop(&consumer, out, sizeof out, &wake);
			printf("%lld %d %.*s\n", (long long)length, wake, length > 0 ? (int)length : 0, out);
		} else if (!strcmp(line, "askroom")) {
			printf("%d\n", shmem_producer_ask(&producer));
		} else if (!strcmp(line, "askrecords")) {
			printf("%d\n", shmem_consumer_ask(&consumer));
		} else if (!strcmp(line, "get")) {
			length = shmem_snapshot_get(shown, &snapshot, out, sizeof out, &version);
			printf("%lld %llu %.*s\n", (long long)length, (unsigned long long)version,
			       length > 0 ? (int)length : 0, out);
		} else {
			return 3;
		}
		fflush(stdout);
	}
	return 0;
}
