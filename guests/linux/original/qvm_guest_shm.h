/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of the original shared-memory device, and this driver's
 * interface to ghstest.
 *
 * Only what the reference page of the original says is used here; nothing of
 * Tombolo's own (see README.md).
 */
#ifndef QVM_GUEST_SHM_H
#define QVM_GUEST_SHM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define GUEST_SHM_SIGNATURE	0x4d534732474d5651ULL
#define GUEST_SHM_MAX_CLIENTS	16
#define GUEST_SHM_MAX_NAME	32
#define GUEST_SHM_PAGE		4096

/* Status codes of an attach. */
#define GSS_OK			0
#define GSS_UNKNOWN_FAILURE	1
#define GSS_NOMEM		2
#define GSS_CLIENT_MAX		3
#define GSS_ILLEGAL_NAME	4
#define GSS_NO_PERMISSION	5
#define GSS_DOES_NOT_EXIST	6

struct guest_shm_factory {
	__u64 signature;	/* == GUEST_SHM_SIGNATURE (hypervisor to guest) */
	__u64 shmem;		/* shared memory paddr (hypervisor to guest) */
	__u32 vector;		/* interrupt vector number (hypervisor to guest) */
	__u32 status;		/* status of last creation (hypervisor to guest) */
	__u32 size;		/* requested size in pages, write causes creation */
	char name[GUEST_SHM_MAX_NAME];	/* name of the region (guest to hypervisor) */
};

struct guest_shm_control {
	__u32 status;		/* low 16: pending notifications, high 16: active clients */
	__u32 idx;		/* connection index for this client */
	__u32 notify;		/* write a bitmap of clients to notify */
	__u32 detach;		/* write here to detach */
};

/* ---- the driver's own: /dev/qvm_shm ---- */

struct qvm_shm_create {
	char name[GUEST_SHM_MAX_NAME];
	__u32 size;		/* pages; on return the region's true size */
	__u32 idx;		/* on return */
	__u32 status;		/* on return: the device's status code */
	__u32 vector;		/* on return */
};

#define QVM_SHM_CREATE	_IOWR('q', 1, struct qvm_shm_create)
#define QVM_SHM_NOTIFY	_IOW('q', 2, __u32)
/* read(): waits for an interrupt and returns the status register, 4 bytes. */
/* mmap(): the data. */

#endif
