// SPDX-License-Identifier: BSD-2-Clause
/* Regions, connections and mappings. */

#include "check.h"

/* One process, two regions: neither the data nor the signals mix. */
int check_several_regions(void)
{
	struct guest_shm_attachment a, b;
	int first = attach(O_RDWR, "check-a", &a), second = attach(O_RDWR, "check-b", &b);
	uint32_t *at, *bt;

	EXPECT(first >= 0 && second >= 0);
	EXPECT(a.gpa != b.gpa && a.generation && b.generation);
	at = map(first, PROT_READ | PROT_WRITE);
	bt = map(second, PROT_READ | PROT_WRITE);
	EXPECT(at != MAP_FAILED && bt != MAP_FAILED);
	at[3] = 0x61616161;
	EXPECT(bt[3] == 0);
	taken(first);
	taken(second);
	EXPECT(signal_self(first, a.idx) == 0);
	EXPECT(polled(first, 2000) & POLLIN);
	EXPECT(!(polled(second, 50) & POLLIN));
	munmap(at, BYTES);
	munmap(bt, BYTES);
	close(first);
	close(second);
	return 1;
}

/* Two files of one region are one connection, each with its own account. */
int check_shared_connection(void)
{
	struct guest_shm_attachment a, b;
	int first = attach(O_RDWR, "check-a", &a), second = attach(O_RDWR, "check-a", &b);
	uint32_t *at, *bt;

	EXPECT(first >= 0 && second >= 0 && a.idx == b.idx && a.gpa == b.gpa);
	EXPECT(a.generation == b.generation);
	at = map(first, PROT_READ | PROT_WRITE);
	bt = map(second, PROT_READ | PROT_WRITE);
	at[5] = 0x1234;
	EXPECT(bt[5] == 0x1234);
	taken(first);
	taken(second);
	EXPECT(signal_self(first, a.idx) == 0);
	EXPECT(polled(first, 2000) & POLLIN && polled(second, 2000) & POLLIN);
	EXPECT(GUEST_SHM_PENDING(taken(first)) == 1u << a.idx);
	EXPECT(GUEST_SHM_PENDING(taken(second)) == 1u << a.idx);
	munmap(at, BYTES);
	close(first);
	/* The other still works. */
	EXPECT(signal_self(second, a.idx) == 0);
	EXPECT(polled(second, 2000) & POLLIN);
	munmap(bt, BYTES);
	close(second);
	return 1;
}

/* A file opened for reading maps no writable page, and signals nobody. */
int check_read_only_file(void)
{
	struct guest_shm_attachment a, b;
	int reader = attach(O_RDONLY, "check-a", &a), writer = attach(O_RDWR, "check-a", &b);
	volatile uint32_t *seen;
	uint32_t *written;

	EXPECT(reader >= 0 && writer >= 0);
	MAP_FAILS(map(reader, PROT_READ | PROT_WRITE), EACCES);
	seen = map(reader, PROT_READ);
	written = map(writer, PROT_READ | PROT_WRITE);
	EXPECT(seen != MAP_FAILED && written != MAP_FAILED);
	FAILS(mprotect((void *)seen, BYTES, PROT_READ | PROT_WRITE), EACCES);
	written[7] = 77;
	EXPECT(seen[7] == 77);
	FAILS(signal_self(reader, a.idx), EBADF);
	munmap((void *)seen, BYTES);
	munmap(written, BYTES);
	close(reader);
	close(writer);
	return 1;
}

int check_mapping_bounds(void)
{
	struct guest_shm_attachment a;
	int fd = attach(O_RDWR, "check-a", &a);
	size_t bytes = (size_t)a.size_pages * BYTES;
	void *all;

	EXPECT(fd >= 0);
	MAP_FAILS(mmap(NULL, bytes + BYTES, PROT_READ, MAP_SHARED, fd, 0), EINVAL);
	MAP_FAILS(mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, bytes), EINVAL);
	MAP_FAILS(mmap(NULL, BYTES, PROT_READ, MAP_PRIVATE, fd, 0), EINVAL);
	all = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(all != MAP_FAILED);
	munmap(all, bytes);
	close(fd);
	return 1;
}
