/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * guest_shm: named memory shared between guests, seen from Linux user space.
 *
 * One open file of /dev/guest_shm holds at most one attachment. Any number of
 * files, of one process or several, may attach the same name: to the peers they
 * are one connection, which ends when the last of them is closed. Each file
 * has its own account of signals, so all of them see every signal.
 *
 *   fd = open("/dev/guest_shm", O_RDWR)
 *   ioctl(fd, GUEST_SHM_ATTACH, &attach)     creates or joins the region
 *   mmap(NULL, bytes, ..., MAP_SHARED, fd, 0)    its data, normal memory
 *   ioctl(fd, GUEST_SHM_NOTIFY, &targets)    signals chosen peers
 *   poll(fd), read(fd, &status, 4)           who signalled, who is attached
 */
#ifndef GUEST_SHM_H
#define GUEST_SHM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Sizes count pages of this many bytes, whatever the kernel's own page size. */
#define GUEST_SHM_PAGE_SIZE	4096
/* Bytes of a name with its NUL: at most 31 characters. */
#define GUEST_SHM_NAME_LEN	32
/* Connections of a region, and so bits of a set of peers. */
#define GUEST_SHM_CLIENT_MAX	16
/* As a set of targets: every attached connection but one's own. */
#define GUEST_SHM_NOTIFY_ALL	0xffffffffu

/* What the device answers to an attach. */
enum guest_shm_status {
	GUEST_SHM_OK = 0,
	GUEST_SHM_UNKNOWN_FAILURE = 1,	/* EIO */
	GUEST_SHM_NOMEM = 2,		/* ENOMEM: no free backing of that size */
	GUEST_SHM_CLIENT_MAX_REACHED = 3, /* EUSERS: 16 connections already */
	GUEST_SHM_ILLEGAL_NAME = 4,	/* EINVAL */
	GUEST_SHM_NO_PERMISSION = 5,	/* EACCES: policy forbids the name */
	GUEST_SHM_DOES_NOT_EXIST = 6,	/* ENOENT */
};

/*
 * An attachment. ATTACH takes name and size_pages and fills in everything;
 * INFO fills in everything.
 *
 * size_pages is the region's true size afterwards, which is the size asked for
 * only if this attach created the region. ATTACH fills in status also when
 * it fails because the device refused; status is 0 if the device was not asked.
 */
struct guest_shm_attachment {
	char name[GUEST_SHM_NAME_LEN];	/* NUL-terminated */
	__u32 size_pages;
	__u32 idx;			/* own bit number in sets of peers */
	__u64 gpa;			/* guest-physical address of the first data page */
	__u32 status;			/* enum guest_shm_status */
	__u32 vector;			/* interrupt number that the device reports */
};

/*
 * What read() returns, 4 bytes: who signalled since the last read, and who is
 * attached now. Reading clears the first. It blocks until somebody signalled
 * or the set of attached peers changed; so does poll().
 */
struct guest_shm_record {
	__u32 status;
};
#define GUEST_SHM_PENDING(status)	((status) & 0xffffu)
#define GUEST_SHM_ACTIVE(status)	((status) >> 16)

#define GUEST_SHM_IOC		0xb9
#define GUEST_SHM_ATTACH	_IOWR(GUEST_SHM_IOC, 0x00, struct guest_shm_attachment)
#define GUEST_SHM_INFO		_IOR(GUEST_SHM_IOC, 0x01, struct guest_shm_attachment)
/* The set of peers to signal; bits of absent peers are ignored. */
#define GUEST_SHM_NOTIFY	_IOW(GUEST_SHM_IOC, 0x02, __u32)
/* Fails with EBUSY while the file's data is mapped. */
#define GUEST_SHM_DETACH	_IO(GUEST_SHM_IOC, 0x03)

#endif
