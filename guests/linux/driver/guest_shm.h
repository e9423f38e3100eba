/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * guest_shm: named memory shared between guests, seen from Linux user space.
 *
 * One open file of /dev/guest_shm holds at most one attachment. Any number of
 * files, of one process or several, may attach the same name: to the peers they
 * are one connection, which ends when the last of them is closed, also by the end
 * of its process. Each file has its own account of signals, its own mask and its
 * own queue of events, so all of them see everything.
 *
 *   fd = open("/dev/guest_shm", O_RDWR)
 *   ioctl(fd, GUEST_SHM_ATTACH, &attachment)     creates or joins the region
 *   mmap(NULL, bytes, ..., MAP_SHARED, fd, 0)    its data, normal memory
 *   ioctl(fd, GUEST_SHM_NOTIFY, &targets)        signals chosen peers
 *   poll(fd), read(fd, &status, 4)               who signalled, who is attached
 *   ioctl(fd, GUEST_SHM_EVENT, &event)           who came, who went, and why
 *
 * All of it is described in docs/interfaces/linux-driver.md. Sets of peers have
 * bit n for the connection of index n.
 */
#ifndef GUEST_SHM_H
#define GUEST_SHM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Version of this interface. Later ones only add. */
#define GUEST_SHM_INTERFACE	1
/* Sizes count pages of this many bytes, whatever the kernel's own page size. */
#define GUEST_SHM_PAGE_SIZE	4096
/* Bytes of a name with its NUL: at most 31 characters. */
#define GUEST_SHM_NAME_LEN	32
/* Connections of a region, and so bits of a set of peers. */
#define GUEST_SHM_CLIENT_MAX	16
/* As a set of targets: every attached connection but one's own. */
#define GUEST_SHM_NOTIFY_ALL	0xffffffffu
/* As an index: none. */
#define GUEST_SHM_NO_INDEX	0xffffffffu

/* What the device answers to an attach. */
enum guest_shm_status {
	GUEST_SHM_OK = 0,
	GUEST_SHM_UNKNOWN_FAILURE = 1,	/* EIO; ENOENT for size 0 and no region */
	GUEST_SHM_NOMEM = 2,		/* ENOMEM: no free backing of that size */
	GUEST_SHM_CLIENT_MAX_REACHED = 3, /* EUSERS: 16 connections already */
	GUEST_SHM_ILLEGAL_NAME = 4,	/* EINVAL */
	GUEST_SHM_NO_PERMISSION = 5,	/* EACCES: policy forbids the name */
	GUEST_SHM_DOES_NOT_EXIST = 6,	/* ENOENT */
};

/* What there is: the driver's interface, and the device's own features. */
struct guest_shm_version {
	__u32 interface;	/* GUEST_SHM_INTERFACE of the driver */
	__u32 device;		/* feature version of the device; 0: the original's */
	__u32 features;		/* the device's GUEST_SHM_FEATURE_* */
	__u32 vector;		/* interrupt number that the device reports */
};
#define GUEST_SHM_FEATURE_USAGE		(1u << 0)	/* reasons and GUEST_SHM_USAGE */
#define GUEST_SHM_FEATURE_LIST		(1u << 1)	/* GUEST_SHM_LIST */
#define GUEST_SHM_FEATURE_INSPECT	(1u << 2)	/* generation, access, GUEST_SHM_STATE */
#define GUEST_SHM_FEATURE_MUTE		(1u << 3)	/* masks keep the interrupt away, too */
#define GUEST_SHM_FEATURE_RECORDS	(1u << 4)	/* events with a reason */
#define GUEST_SHM_FEATURE_COUNTERS	(1u << 5)	/* GUEST_SHM_STATE */
#define GUEST_SHM_FEATURE_HELD		(1u << 6)	/* GUEST_SHM_STATE is of one moment */

/*
 * An attachment. ATTACH takes name and size_pages and fills in everything;
 * INFO fills in everything.
 *
 * size_pages 0 joins, and fails with ENOENT if there is no such region. Any
 * other size creates the region if there is none. Afterwards it is the true size,
 * which is the size asked for only if this attach created the region. ATTACH fills in
 * status and reason also when it fails because the device refused; status is 0
 * if the device was not asked.
 */
struct guest_shm_attachment {
	char name[GUEST_SHM_NAME_LEN];	/* NUL-terminated */
	__u32 size_pages;
	__u32 idx;			/* own bit number in sets of peers */
	__u64 gpa;			/* guest-physical address of the first data page */
	__u32 status;			/* enum guest_shm_status */
	__u32 reason;			/* of a refusal, see the device's page; 0: none told */
	__u32 generation;		/* of the region; 0: the device cannot tell */
	__u32 access;			/* GUEST_SHM_ACCESS_* */
	__u32 vector;			/* interrupt number that the device reports */
	__u32 reserved;			/* 0 */
};
#define GUEST_SHM_ACCESS_READ		1
#define GUEST_SHM_ACCESS_READ_WRITE	3

/*
 * What read() returns, 4 bytes: who signalled since the last read, and who is
 * attached now. Reading clears the first. It blocks until somebody who is not
 * muted signalled or the set of attached peers changed; so does poll() for POLLIN.
 */
struct guest_shm_record {
	__u32 status;
};
#define GUEST_SHM_PENDING(status)	((status) & 0xffffu)
#define GUEST_SHM_ACTIVE(status)	((status) >> 16)

/* What wakes this file. Setting it ends what one_shot has muted. */
struct guest_shm_mask {
	__u16 mute;		/* peers whose signals are kept, but wake nobody */
	__u16 one_shot;		/* peers that are muted once read() has told of them */
	__u32 flags;		/* GUEST_SHM_MASK_* */
	__u32 events;		/* kinds to queue: 1 << kind; all at first */
	__u32 reserved;		/* 0 */
};
/* The set of attached peers changes without waking. */
#define GUEST_SHM_MASK_MEMBERSHIP	(1u << 0)

/* What happened to a peer. */
enum guest_shm_event_kind {
	GUEST_SHM_EVENT_JOINED = 1,
	GUEST_SHM_EVENT_LEFT = 2,	/* it detached, or its guest turned itself off */
	GUEST_SHM_EVENT_RESET = 3,	/* its guest was reset */
	GUEST_SHM_EVENT_CRASHED = 4,	/* its guest failed or was dropped */
	GUEST_SHM_EVENT_GONE = 5,	/* any of the three: the device cannot tell */
};

/*
 * The oldest event of this file's queue; EAGAIN if there is none. poll() says
 * POLLPRI while there is one. The queue holds 64. What does not fit, and what happened
 * so fast that the device does not know any more what it was, is counted in the
 * next one: of a file that queues all kinds, serial is that of the one before,
 * plus 1, plus lost.
 */
struct guest_shm_event {
	__u32 kind;		/* enum guest_shm_event_kind */
	__u32 idx;		/* of whom */
	__u32 serial;		/* joins and departures of the region so far, this included */
	__u32 generation;	/* of the region */
	__u32 lost;		/* events between the one before and this that nobody can tell */
	__u32 reserved;		/* 0 */
};

/* The nth region that this guest may attach; ENOENT past the end. */
struct guest_shm_listed {
	char name[GUEST_SHM_NAME_LEN];
	__u32 nth;		/* in */
	__u32 size_pages;
	__u32 generation;
	__u32 active;		/* the set of those attached */
	__u32 idx;		/* this guest's own, or GUEST_SHM_NO_INDEX */
	__u32 reserved;		/* 0 */
};

/* What this guest uses, and may at most (no limit: the greatest number). */
struct guest_shm_usage {
	__u32 connections;
	__u32 connections_max;
	__u32 regions;		/* that it created and is attached to */
	__u32 regions_max;
	__u64 bytes;		/* of those */
	__u64 bytes_max;
};

/* The attached region as of now; clears nothing. Counters wrap. */
struct guest_shm_state {
	__u32 status;		/* this file's account, as read() would give it */
	__u32 unread;		/* peers that this guest signalled and that did not look since */
	__u32 may_signal;	/* attached peers that it may signal */
	__u32 serial;		/* joins and departures of the region */
	__u32 sent;		/* signals that reached a peer */
	__u32 received;
	__u32 coalesced;	/* of those sent: one was unread already */
	__u32 refused;		/* signals that policy withheld */
};

#define GUEST_SHM_IOC		0xb9
#define GUEST_SHM_ATTACH	_IOWR(GUEST_SHM_IOC, 0x00, struct guest_shm_attachment)
#define GUEST_SHM_INFO		_IOR(GUEST_SHM_IOC, 0x01, struct guest_shm_attachment)
/* The set of peers to signal; bits of absent peers are ignored. Needs O_RDWR. */
#define GUEST_SHM_NOTIFY	_IOW(GUEST_SHM_IOC, 0x02, __u32)
/* Fails with EBUSY while the file's data is mapped. */
#define GUEST_SHM_DETACH	_IO(GUEST_SHM_IOC, 0x03)
#define GUEST_SHM_VERSION	_IOR(GUEST_SHM_IOC, 0x04, struct guest_shm_version)
#define GUEST_SHM_SET_MASK	_IOW(GUEST_SHM_IOC, 0x05, struct guest_shm_mask)
#define GUEST_SHM_GET_MASK	_IOR(GUEST_SHM_IOC, 0x06, struct guest_shm_mask)
#define GUEST_SHM_EVENT		_IOR(GUEST_SHM_IOC, 0x07, struct guest_shm_event)
#define GUEST_SHM_LIST		_IOWR(GUEST_SHM_IOC, 0x08, struct guest_shm_listed)
#define GUEST_SHM_USAGE		_IOR(GUEST_SHM_IOC, 0x09, struct guest_shm_usage)
#define GUEST_SHM_STATE		_IOR(GUEST_SHM_IOC, 0x0a, struct guest_shm_state)

#endif
