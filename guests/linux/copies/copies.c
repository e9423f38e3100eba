// SPDX-License-Identifier: BSD-2-Clause
/*
 * The C library's own copying functions on the device's name field, through the mapping
 * that name_copies.c offers.
 *
 * Prints for each function the lengths that work; the others are an external abort, which
 * is a SIGBUS here.
 */

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define NAME_AT 0x1c
#define NAME_BYTES 32

static sigjmp_buf after_abort;

static void aborted(int signal)
{
	(void)signal;
	siglongjmp(after_abort, 1);
}

/* Lengths that the compiler does not know: the functions are called, not inlined. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;

static void by_memcpy(char *to, const char *from, size_t length)
{
	copy(to, from, length);
}

static void by_memmove(char *to, const char *from, size_t length)
{
	move(to, from, length);
}

static void by_memset(char *to, const char *from, size_t length)
{
	set(to, from[0], length);
}

/* Whether each byte of the field is there after a store, byte by byte. */
static int works(volatile char *name, const char *from, size_t length,
		 void (*store)(char *, const char *, size_t))
{
	for (size_t n = 0; n < NAME_BYTES; n++)
		name[n] = 0;
	if (sigsetjmp(after_abort, 1))
		return 0;
	store((char *)name, from, length);
	for (size_t n = 0; n < NAME_BYTES; n++)
		if (name[n] != (n < length ? from[n] : 0))
			return 0;
	return 1;
}

static void try(const char *what, volatile char *name, const char *from,
		void (*store)(char *, const char *, size_t))
{
	const char *separator = " ";

	printf("%s:", what);
	for (size_t first = 1; first <= NAME_BYTES; first++) {
		size_t last = first;

		if (!works(name, from, first, store))
			continue;
		while (last < NAME_BYTES && works(name, from, last + 1, store))
			last++;
		printf("%s%zu-%zu", separator, first, last);
		separator = ", ";
		first = last;
	}
	printf("\n");
	fflush(stdout);
}

int main(void)
{
	int fd = open("/dev/name_copies", O_RDWR);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || page == MAP_FAILED) {
		perror("/dev/name_copies");
		return 1;
	}
	signal(SIGBUS, aborted);
	try("memcpy", page + NAME_AT, "abcdefghijklmnopqrstuvwxyz012345", by_memcpy);
	try("memmove", page + NAME_AT, "abcdefghijklmnopqrstuvwxyz012345", by_memmove);
	try("memset", page + NAME_AT, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", by_memset);
	return 0;
}
