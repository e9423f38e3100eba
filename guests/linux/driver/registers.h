/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the device: docs/interfaces/guest-shm.md.
 *
 * Rule: they are accessed by readl(), readq() and writel() only, so that each access
 * is of one register and of its width. The name alone may be copied by anything.
 */
#ifndef GUEST_SHM_REGISTERS_H
#define GUEST_SHM_REGISTERS_H

#include <linux/bits.h>

/* Factory page. */
#define FACTORY_SIGNATURE	0x00
#define FACTORY_SHMEM		0x08
#define FACTORY_VECTOR		0x10
#define FACTORY_STATUS		0x14
#define FACTORY_SIZE		0x18
#define FACTORY_NAME		0x1c
#define SIGNATURE		0x4d534732474d5651ULL

/* Control page of a region. */
#define CONTROL_STATUS		0x00
#define CONTROL_IDX		0x04
#define CONTROL_NOTIFY		0x08
#define CONTROL_DETACH		0x0c
#define STATUS_PENDING		GENMASK(15, 0)
#define STATUS_ACTIVE		GENMASK(31, 16)

/* Feature registers, on both pages, and only there if the magic is. */
#define FEATURE_MAGIC		0x800
#define FEATURE_VERSION		0x808
#define FEATURE_SET		0x80c
#define MAGIC			0x006f6c6f626d6f74ULL

/* Of the factory page. */
#define FACTORY_REASON		0x810
#define FACTORY_CONNECTIONS	0x814
#define FACTORY_CONNECTIONS_MAX	0x818
#define FACTORY_REGIONS		0x81c
#define FACTORY_REGIONS_MAX	0x820
#define FACTORY_BYTES		0x828
#define FACTORY_BYTES_MAX	0x830
#define FACTORY_GENERATION	0x838
#define FACTORY_ACCESS		0x83c
#define FACTORY_NTH		0x840
#define FACTORY_LIST_STATUS	0x844
#define FACTORY_LIST_PAGES	0x848
#define FACTORY_LIST_GENERATION	0x84c
#define FACTORY_LIST_ACTIVE	0x850
#define FACTORY_LIST_IDX	0x854
#define FACTORY_LIST_NAME	0x860

/* Reason of an attach that asked to join what is not there. */
#define REASON_SIZE_ZERO	5

/* Of a control page. */
#define CONTROL_GENERATION	0x810
#define CONTROL_SERIAL		0x814
#define CONTROL_UNREAD		0x820
#define CONTROL_MAY_SIGNAL	0x824
#define CONTROL_MUTE		0x828
#define CONTROL_SENT		0x840
#define CONTROL_RECEIVED	0x844
#define CONTROL_COALESCED	0x848
#define CONTROL_REFUSED		0x84c
/* What the last load of 0x810 to 0x827 or 0x840 to 0x87f gave, from 0xa00 + 0x10 on. */
#define CONTROL_HELD		0x200
/* One record of four words for each index: event, serial, departure, serial. */
#define CONTROL_RECORDS		0x900
#define RECORD_BYTES		16

#endif
