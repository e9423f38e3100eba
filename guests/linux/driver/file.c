// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files of /dev/guest_shm: open, read, poll, close. calls.c has their ioctls.
 */

#include <linux/compat.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"

/* ---- read and poll ------------------------------------------------------------ */

/* 0 and the status, -EAGAIN if nothing is to wake the file. */
static int file_take_record(struct guest_shm_file *file, u32 *status)
{
	int err = 0;

	spin_lock_irq(&file->gs->lock);
	if (!file->region)
		err = -ENOTCONN;
	else if (news_readable(file))
		*status = news_take_status(file);
	else
		err = file->region->lost ? -ECONNRESET : -EAGAIN;
	spin_unlock_irq(&file->gs->lock);
	return err;
}

static ssize_t guest_shm_read(struct file *filp, char __user *buf, size_t count,
			      loff_t *pos)
{
	struct guest_shm_file *file = filp->private_data;
	struct guest_shm_record record;
	int err;

	if (count < sizeof(record))
		return -EINVAL;
	err = file_take_record(file, &record.status);
	if (err == -EAGAIN && !(filp->f_flags & O_NONBLOCK)) {
		int interrupted = wait_event_interruptible(
			file->wait,
			(err = file_take_record(file, &record.status)) != -EAGAIN);
		if (interrupted)
			return interrupted;
	}
	if (err)
		return err;
	return copy_to_user(buf, &record, sizeof(record)) ? -EFAULT : sizeof(record);
}

static __poll_t guest_shm_poll(struct file *filp, poll_table *wait)
{
	struct guest_shm_file *file = filp->private_data;
	__poll_t events = 0;

	poll_wait(filp, &file->wait, wait);
	spin_lock_irq(&file->gs->lock);
	if (!file->region || file->region->lost)
		events |= EPOLLERR | EPOLLHUP;
	if (file->region && news_readable(file))
		events |= EPOLLIN | EPOLLRDNORM;
	if (file->event_count)
		events |= EPOLLPRI;
	spin_unlock_irq(&file->gs->lock);
	return events;
}

/* ---- open and close ------------------------------------------------------------ */

static int guest_shm_open(struct inode *inode, struct file *filp)
{
	struct guest_shm *gs = container_of(filp->private_data, struct guest_shm, misc);
	struct guest_shm_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;
	file->gs = gs;
	file->mask.events = ~0u;
	mutex_init(&file->lock);
	atomic_set(&file->mappings, 0);
	init_waitqueue_head(&file->wait);
	filp->private_data = file;
	return stream_open(inode, filp);
}

/* The last close: a mapping holds its file, so none is left. */
static int guest_shm_release(struct inode *inode, struct file *filp)
{
	struct guest_shm_file *file = filp->private_data;

	file_detach(file);
	kfree(file);
	return 0;
}

const struct file_operations guest_shm_fops = {
	.owner = THIS_MODULE,
	.open = guest_shm_open,
	.release = guest_shm_release,
	.read = guest_shm_read,
	.poll = guest_shm_poll,
	.mmap = guest_shm_mmap,
	.unlocked_ioctl = guest_shm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
