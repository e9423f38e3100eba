/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the driver share.
 *
 * | part | what it does |
 * |---|---|
 * | main | finds the device, makes /dev/guest_shm |
 * | factory | the factory page: attach, list, usage |
 * | region | connections to regions |
 * | attach | the files that share a connection: attach, detach |
 * | news | the interrupt, signals, masks |
 * | events | who came and who went, for each file |
 * | inspect | the device's snapshots: state, records of peers |
 * | file | open files: read, poll, close |
 * | calls | their ioctls |
 * | map | mmap of the data |
 * | power | suspend and resume |
 *
 * Rules:
 *  - Reading a region's status clears its pending bits in the device, so it is
 *    done at one place, under gs->lock, and handed to all files of the region.
 *  - The line is level-triggered and high until every changed status has been
 *    read. While a region exists in the device and not yet in the list that the
 *    handler walks, the handler cannot lower it, so it turns the interrupt off
 *    for a moment. A region leaves both in one step.
 *  - An attach may wait for memory that is being cleaned, for seconds. It holds
 *    factory_lock, and its file's; whoever detaches, exits or joins a connection that
 *    is there takes neither. No detach can overtake it: a region is asked for only if
 *    there is none of its name.
 *  - Locks nest as factory (mutex) > file->lock (mutex) > regions (mutex) > snapshot
 *    (mutex) > gs->lock (spinlock, irq). The work that reads events takes the last two
 *    only, so that a region's end may wait for it under the others.
 *  - User memory is touched under none of them: mmap() holds mmap_lock and takes
 *    file->lock.
 */
#ifndef GUEST_SHM_INTERNAL_H
#define GUEST_SHM_INTERNAL_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "guest_shm.h"
#include "registers.h"

#define REGION_PAGE		GUEST_SHM_PAGE_SIZE

#if PAGE_SIZE != REGION_PAGE
#error "guest_shm maps control pages of 4 KiB: build for a kernel with 4 KiB pages"
#endif

/* Events that a file keeps until they are taken. */
#define EVENTS_KEPT		64
/* Events that one look at the records finds: the last two of each peer. */
#define EVENTS_FOUND		(2 * GUEST_SHM_CLIENT_MAX)

/* What tells events; without, the set of peers is all there is. */
#define RECORDED (GUEST_SHM_FEATURE_INSPECT | GUEST_SHM_FEATURE_RECORDS)

/* A device: one factory page and its interrupt. */
struct guest_shm {
	struct device *dev;
	struct miscdevice misc;
	char name[16];
	void __iomem *factory;
	int irq;
	u32 vector;
	int id;
	u32 version;			/* of the feature registers; 0: none */
	u32 features;
	struct mutex factory_lock;	/* the registers of an attach */
	struct mutex list_lock;		/* those of list and usage; nests nowhere */
	struct mutex regions_lock;	/* creation and end of regions */
	struct mutex snapshot_lock;	/* the device keeps one for the whole guest */
	/* Guards all below, regions, their files, and the accounts of files. */
	spinlock_t lock;
	struct list_head regions;
	bool attaching;
	bool masked;			/* the handler turned the interrupt off */
	struct timer_list unmask;	/* and this turns it on again */
};

/* A connection to a region, shared by the files that attached its name. */
struct guest_shm_region {
	struct guest_shm *gs;
	struct list_head node;
	struct list_head files;
	unsigned int users;		/* under regions_lock */
	void __iomem *control;
	phys_addr_t shmem;
	struct resource *claim;
	u32 pages;
	u32 generation;
	u32 access;
	char name[GUEST_SHM_NAME_LEN];
	struct work_struct news;
	u32 serial;			/* last one told; the work's */
	/* Under gs->lock. */
	u32 idx;
	u32 active;
	u32 muted;			/* in the device */
	bool lost;			/* the device dropped the connection */
	bool ending;			/* no more work */
};

/* An open file; attached while region is set. */
struct guest_shm_file {
	struct guest_shm *gs;
	struct mutex lock;
	struct list_head node;
	struct guest_shm_region *region;	/* written under lock and gs->lock */
	atomic_t mappings;
	wait_queue_head_t wait;
	/* Under gs->lock. */
	u32 pending;
	u32 active;
	bool active_changed;
	struct guest_shm_mask mask;
	u32 shot;			/* muted by one_shot */
	struct guest_shm_event events[EVENTS_KEPT];
	unsigned int first_event, event_count;
	u32 lost_events;
};

/* factory */
void factory_find_features(struct guest_shm *gs);
int factory_attach(struct guest_shm *gs, struct guest_shm_attachment *a, u64 *shmem);
void factory_abandon(phys_addr_t shmem);
int factory_list(struct guest_shm *gs, struct guest_shm_listed *listed);
void factory_usage(struct guest_shm *gs, struct guest_shm_usage *usage);

/* region: under regions_lock */
struct guest_shm_region *region_find(struct guest_shm *gs, const char *name);
struct guest_shm_region *region_take_in(struct guest_shm *gs, phys_addr_t shmem,
					const struct guest_shm_attachment *a);
void region_put(struct guest_shm_region *region);
void region_describe(struct guest_shm_region *region, struct guest_shm_attachment *a);

/* attach */
int file_attach(struct guest_shm_file *file, struct guest_shm_attachment *a);
int file_detach(struct guest_shm_file *file);

/* news: under gs->lock, but for those of the interrupt */
irqreturn_t news_interrupt(int irq, void *data);
void news_unmask(struct timer_list *timer);
void news_attaching_begin(struct guest_shm *gs);
void news_attaching_end(struct guest_shm *gs);
bool news_collect(struct guest_shm_region *region);
void news_lose(struct guest_shm_region *region);
bool news_readable(const struct guest_shm_file *file);
u32 news_take_status(struct guest_shm_file *file);
void news_update_mute(struct guest_shm_region *region);

/* events: under gs->lock, but for the work */
void events_work(struct work_struct *work);
void events_look(struct guest_shm_region *region);
void events_guess(struct guest_shm_region *region, u32 before, u32 after);
bool events_take(struct guest_shm_file *file, struct guest_shm_event *event);

/* inspect */
u32 inspect_serial(struct guest_shm_region *region);
unsigned int inspect_events(struct guest_shm_region *region, u32 *serial,
			    struct guest_shm_event *events);
int inspect_state(struct guest_shm_file *file, struct guest_shm_state *state);

/* calls, file, map, power */
long guest_shm_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);
extern const struct file_operations guest_shm_fops;
int guest_shm_mmap(struct file *filp, struct vm_area_struct *vma);
extern const struct dev_pm_ops guest_shm_pm;

/* Serials wrap: newer is what is ahead by less than half of them. */
static inline bool newer(u32 serial, u32 than)
{
	return (s32)(serial - than) > 0;
}

static inline bool has_feature(const struct guest_shm *gs, u32 features)
{
	return (gs->features & features) == features;
}

#endif
