// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files come to a connection and leave it.
 *
 * A connection that is there is joined without the device. Only a new one is asked for,
 * which may take as long as cleaning memory takes; meanwhile everybody else goes on, but
 * for others that want a new one.
 */

#include <linux/err.h>

#include "internal.h"

/* Puts a file among those of a region, with the set of peers as of now. */
static void file_join(struct guest_shm_file *file, struct guest_shm_region *region)
{
	struct guest_shm *gs = file->gs;

	region->users++;
	spin_lock_irq(&gs->lock);
	file->region = region;
	file->pending = 0;
	file->event_count = 0;
	file->lost_events = 0;
	list_add_tail(&file->node, &region->files);
	news_collect(region);
	news_update_mute(region);
	file->active = region->active;
	/* The set as of the attach is news to the file, once. */
	file->active_changed = true;
	spin_unlock_irq(&gs->lock);
}

/* Joins a connection that is there; -ENOENT if none is. */
static int file_join_known(struct guest_shm_file *file, struct guest_shm_attachment *a)
{
	struct guest_shm *gs = file->gs;
	struct guest_shm_region *region;
	int err = 0;

	mutex_lock(&file->lock);
	mutex_lock(&gs->regions_lock);
	region = region_find(gs, a->name);
	if (file->region) {
		err = -EISCONN;
	} else if (!region) {
		err = -ENOENT;
	} else {
		/* What has happened until now is no event to this file. */
		flush_work(&region->news);
		file_join(file, region);
		region_describe(region, a);
	}
	mutex_unlock(&gs->regions_lock);
	mutex_unlock(&file->lock);
	return err;
}

/* Asks the device for a connection; under factory_lock. */
static int file_join_new(struct guest_shm_file *file, struct guest_shm_attachment *a)
{
	struct guest_shm *gs = file->gs;
	struct guest_shm_region *region;
	u64 shmem;
	int err;

	mutex_lock(&file->lock);
	news_attaching_begin(gs);
	err = file->region ? -EISCONN : factory_attach(gs, a, &shmem);
	if (!err) {
		mutex_lock(&gs->regions_lock);
		region = region_take_in(gs, shmem, a);
		if (IS_ERR(region)) {
			err = PTR_ERR(region);
		} else {
			file_join(file, region);
			region_describe(region, a);
		}
		mutex_unlock(&gs->regions_lock);
	}
	news_attaching_end(gs);
	mutex_unlock(&file->lock);
	return err;
}

int file_attach(struct guest_shm_file *file, struct guest_shm_attachment *a)
{
	struct guest_shm *gs = file->gs;
	int err;

	a->status = GUEST_SHM_OK;
	a->reason = 0;
	err = file_join_known(file, a);
	if (err != -ENOENT)
		return err;
	/* Another's attach may wait for memory that is being cleaned. */
	if (mutex_lock_killable(&gs->factory_lock))
		return -EINTR;
	/* Or it has just made the connection. */
	err = file_join_known(file, a);
	if (err == -ENOENT)
		err = file_join_new(file, a);
	mutex_unlock(&gs->factory_lock);
	return err;
}

int file_detach(struct guest_shm_file *file)
{
	struct guest_shm *gs = file->gs;
	struct guest_shm_region *region;
	int err = 0;

	mutex_lock(&file->lock);
	mutex_lock(&gs->regions_lock);
	region = file->region;
	if (!region) {
		err = -ENOTCONN;
	} else if (atomic_read(&file->mappings)) {
		err = -EBUSY;
	} else {
		spin_lock_irq(&gs->lock);
		list_del(&file->node);
		file->region = NULL;
		file->shot = 0;
		if (!list_empty(&region->files))
			news_update_mute(region);
		spin_unlock_irq(&gs->lock);
		region_put(region);
		wake_up_interruptible(&file->wait);
	}
	mutex_unlock(&gs->regions_lock);
	mutex_unlock(&file->lock);
	return err;
}
