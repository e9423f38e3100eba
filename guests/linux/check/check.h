/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the checks share. Each check is a function that returns 1, or 0 with the reason
 * in `why`. A signal to oneself stands for one of a peer.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_shm.h"

#define DEVICE "/dev/guest_shm"
#define BYTES GUEST_SHM_PAGE_SIZE

extern char why[160];

/* Notes the first thing that is not as it should be; returns 0. */
int wrong(const char *format, ...);

#define EXPECT(condition) \
	do { \
		if (!(condition)) \
			return wrong("line %d: %s (errno %d)", __LINE__, #condition, errno); \
	} while (0)
#define FAILS(call, with) EXPECT((call) == -1 && errno == (with))
#define MAP_FAILS(call, with) EXPECT((call) == MAP_FAILED && errno == (with))

/* The file that has attached a region of a page, or -1 and errno. */
int attach(int flags, const char *name, struct guest_shm_attachment *a);
int attach_pages(int flags, const char *name, uint32_t pages, struct guest_shm_attachment *a);
/* The region's first page. */
void *map(int fd, int protection);
/* What poll() says within that many milliseconds. */
short polled(int fd, int milliseconds);
/* What read() gives; 0 if it fails. */
uint32_t taken(int fd);
int set_mask(int fd, uint16_t mute, uint16_t one_shot);
int signal_self(int fd, uint32_t idx);
/* Says a line to the script, and waits for one of it. */
void said(const char *line);
int told(void);

/* calls.c */
int check_version(void);
int check_join_only(void);
/* data.c */
int check_several_regions(void);
int check_shared_connection(void);
int check_read_only_file(void);
int check_mapping_bounds(void);
/* masks.c */
int check_mute(void);
int check_one_shot(void);
int check_nothing_new(void);
/* life.c */
int check_detach(void);
int check_fork(void);
int check_kill(void);
int check_come_and_go(const char *name, const char *count);
/* account.c, dropped.c, waiting.c */
int check_account(const char *name, const char *unused);
int check_dropped(const char *name, const char *unused);
int check_waiting(const char *name, const char *large);

#endif
