// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of /dev/guest_shm.
 *
 * Rule: a call sees a copy of its argument; user memory is touched before and after
 * it, under no lock.
 */

#include <linux/string.h>
#include <linux/uaccess.h>

#include "internal.h"

/* ---- Calls on an attached file --------------------------------------------- */

static int file_info(struct guest_shm_file *file, struct guest_shm_attachment *a)
{
	int err = 0;

	mutex_lock(&file->lock);
	if (file->region)
		region_describe(file->region, a);
	else
		err = -ENOTCONN;
	mutex_unlock(&file->lock);
	return err;
}

/* writel() orders what the caller stored to the data before the signal. */
static int file_notify(struct guest_shm_file *file, u32 targets)
{
	int err = 0;

	mutex_lock(&file->lock);
	if (!file->region)
		err = -ENOTCONN;
	else if (READ_ONCE(file->region->lost))
		err = -ECONNRESET;
	else
		writel(targets, file->region->control + CONTROL_NOTIFY);
	mutex_unlock(&file->lock);
	return err;
}

static int file_state(struct guest_shm_file *file, struct guest_shm_state *state)
{
	int err = -ENOTCONN;

	mutex_lock(&file->lock);
	if (file->region)
		err = inspect_state(file, state);
	mutex_unlock(&file->lock);
	return err;
}

static bool file_take_event(struct guest_shm_file *file, struct guest_shm_event *event)
{
	bool found;

	spin_lock_irq(&file->gs->lock);
	found = events_take(file, event);
	spin_unlock_irq(&file->gs->lock);
	return found;
}

/* An empty queue is looked after: what happened before the call is told. */
static int file_event(struct guest_shm_file *file, struct guest_shm_event *event)
{
	struct guest_shm_region *region;
	int err = 0;

	mutex_lock(&file->lock);
	region = file->region;
	if (!region) {
		err = -ENOTCONN;
	} else if (!file_take_event(file, event)) {
		schedule_work(&region->news);
		flush_work(&region->news);
		if (!file_take_event(file, event))
			err = READ_ONCE(region->lost) ? -ECONNRESET : -EAGAIN;
	}
	mutex_unlock(&file->lock);
	return err;
}

/* Holds for this attachment and later ones of the file. */
static int file_set_mask(struct guest_shm_file *file, const struct guest_shm_mask *mask)
{
	if (mask->reserved || mask->flags & ~GUEST_SHM_MASK_MEMBERSHIP)
		return -EINVAL;
	mutex_lock(&file->lock);
	spin_lock_irq(&file->gs->lock);
	file->mask = *mask;
	file->shot = 0;
	if (file->region)
		news_update_mute(file->region);
	/* A signal kept until now may be one that wakes. */
	wake_up_interruptible(&file->wait);
	spin_unlock_irq(&file->gs->lock);
	mutex_unlock(&file->lock);
	return 0;
}

static void file_get_mask(struct guest_shm_file *file, struct guest_shm_mask *mask)
{
	spin_lock_irq(&file->gs->lock);
	*mask = file->mask;
	mask->mute |= file->shot;
	spin_unlock_irq(&file->gs->lock);
}

/* ---- Calls on the device ----------------------------------------------------- */

static int device_list(struct guest_shm *gs, struct guest_shm_listed *listed)
{
	int err;

	if (!has_feature(gs, GUEST_SHM_FEATURE_LIST))
		return -EOPNOTSUPP;
	mutex_lock(&gs->list_lock);
	err = factory_list(gs, listed);
	mutex_unlock(&gs->list_lock);
	return err;
}

static int device_usage(struct guest_shm *gs, struct guest_shm_usage *usage)
{
	if (!has_feature(gs, GUEST_SHM_FEATURE_USAGE))
		return -EOPNOTSUPP;
	mutex_lock(&gs->list_lock);
	factory_usage(gs, usage);
	mutex_unlock(&gs->list_lock);
	return 0;
}

static void device_version(const struct guest_shm *gs, struct guest_shm_version *version)
{
	version->interface = GUEST_SHM_INTERFACE;
	version->device = gs->version;
	version->features = gs->features;
	version->vector = gs->vector;
}

/* ---- ioctl ------------------------------------------------------------------ */

/* What any call takes and gives. */
union argument {
	struct guest_shm_attachment attachment;
	struct guest_shm_version version;
	struct guest_shm_mask mask;
	struct guest_shm_event event;
	struct guest_shm_listed listed;
	struct guest_shm_usage usage;
	struct guest_shm_state state;
	u32 targets;
};

static int file_call(struct file *filp, unsigned int cmd, union argument *a)
{
	struct guest_shm_file *file = filp->private_data;

	switch (cmd) {
	case GUEST_SHM_ATTACH:
		return file_attach(file, &a->attachment);
	case GUEST_SHM_INFO:
		return file_info(file, &a->attachment);
	case GUEST_SHM_NOTIFY:
		return filp->f_mode & FMODE_WRITE ? file_notify(file, a->targets) : -EBADF;
	case GUEST_SHM_DETACH:
		return file_detach(file);
	case GUEST_SHM_VERSION:
		device_version(file->gs, &a->version);
		return 0;
	case GUEST_SHM_SET_MASK:
		return file_set_mask(file, &a->mask);
	case GUEST_SHM_GET_MASK:
		file_get_mask(file, &a->mask);
		return 0;
	case GUEST_SHM_EVENT:
		return file_event(file, &a->event);
	case GUEST_SHM_LIST:
		return device_list(file->gs, &a->listed);
	case GUEST_SHM_USAGE:
		return device_usage(file->gs, &a->usage);
	case GUEST_SHM_STATE:
		return file_state(file, &a->state);
	default:
		return -ENOTTY;
	}
}

/* The command's number carries direction and size of its argument. */
long guest_shm_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	union argument argument;
	size_t size = _IOC_SIZE(cmd);
	int err;

	memset(&argument, 0, sizeof(argument));
	if (_IOC_TYPE(cmd) != GUEST_SHM_IOC || size > sizeof(argument))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE && copy_from_user(&argument, user, size))
		return -EFAULT;
	err = file_call(filp, cmd, &argument);
	/* Of a refused attach, too: it carries the device's answer. */
	if (_IOC_DIR(cmd) & _IOC_READ && (!err || cmd == GUEST_SHM_ATTACH) &&
	    copy_to_user(user, &argument, size))
		return -EFAULT;
	return err;
}
