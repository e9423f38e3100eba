// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small driver for the shared-memory device of the QNX hypervisor.
 *
 * Written from the description of the original's registers alone, as somebody
 * would who has never heard of Tombolo: structures laid over the pages, the name
 * copied with memcpy_toio(), the region mapped write-back in one piece of size + 1
 * pages, a shared interrupt that is not ours if nothing in the status is new.
 */

#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "qvm_guest_shm.h"

struct qvm_region {
	struct list_head node;
	wait_queue_head_t wait;
	phys_addr_t paddr;
	volatile struct guest_shm_control *control;
	u32 size;
	u32 pending;		/* low half, gathered; under qvm.lock */
	u32 active;		/* high half, as last seen; under qvm.lock */
	bool news;
};

/* One device per guest. */
static struct {
	volatile struct guest_shm_factory __iomem *factory;
	struct mutex create;
	spinlock_t lock;
	struct list_head regions;
	int irq;
} qvm;

/* The read of the status is the only acknowledge there is. */
static bool qvm_poll_region(struct qvm_region *region)
{
	u32 status = region->control->status;
	u32 pending = status & 0xffff;
	u32 active = status >> 16;

	if (pending == 0 && active == region->active)
		return false;
	region->pending |= pending;
	region->active = active;
	region->news = true;
	wake_up_interruptible(&region->wait);
	return true;
}

static irqreturn_t qvm_interrupt(int irq, void *cookie)
{
	irqreturn_t result = IRQ_NONE;
	struct qvm_region *region;

	spin_lock(&qvm.lock);
	list_for_each_entry(region, &qvm.regions, node)
		if (qvm_poll_region(region))
			result = IRQ_HANDLED;
	spin_unlock(&qvm.lock);
	return result;
}

static int qvm_errno(u32 status)
{
	switch (status) {
	case GSS_OK:
		return 0;
	case GSS_NOMEM:
		return -ENOMEM;
	case GSS_CLIENT_MAX:
		return -EBUSY;
	case GSS_ILLEGAL_NAME:
		return -EINVAL;
	case GSS_NO_PERMISSION:
		return -EPERM;
	default:
		return -EIO;
	}
}

static struct qvm_region *qvm_attach(struct qvm_shm_create *create)
{
	struct qvm_region *region = kzalloc(sizeof(*region), GFP_KERNEL);
	int err;

	if (!region)
		return ERR_PTR(-ENOMEM);
	init_waitqueue_head(&region->wait);
	memcpy_toio(qvm.factory->name, create->name, sizeof(create->name));
	qvm.factory->size = create->size;
	create->status = qvm.factory->status;
	err = qvm_errno(create->status);
	if (err)
		goto free;
	create->size = qvm.factory->size;
	create->vector = qvm.factory->vector;
	region->paddr = qvm.factory->shmem;
	region->size = create->size;
	/* Control page and data in one go. */
	region->control = memremap(region->paddr,
				   ((size_t)region->size + 1) * GUEST_SHM_PAGE, MEMREMAP_WB);
	if (!region->control) {
		err = -ENOMEM;
		goto free;
	}
	create->idx = region->control->idx;
	spin_lock_irq(&qvm.lock);
	list_add_tail(&region->node, &qvm.regions);
	qvm_poll_region(region);
	spin_unlock_irq(&qvm.lock);
	return region;
free:
	kfree(region);
	return ERR_PTR(err);
}

static int qvm_create(struct file *filp, struct qvm_shm_create *create)
{
	struct qvm_region *region;
	int err = 0;

	mutex_lock(&qvm.create);
	if (filp->private_data) {
		err = -EISCONN;
	} else {
		/* The line may rise before the handler knows the region. */
		disable_irq(qvm.irq);
		region = qvm_attach(create);
		enable_irq(qvm.irq);
		if (IS_ERR(region))
			err = PTR_ERR(region);
		else
			filp->private_data = region;
	}
	mutex_unlock(&qvm.create);
	return err;
}

static long qvm_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct qvm_region *region = filp->private_data;
	struct qvm_shm_create create;
	u32 clients;
	int err;

	switch (cmd) {
	case QVM_SHM_CREATE:
		if (copy_from_user(&create, (void __user *)arg, sizeof(create)))
			return -EFAULT;
		err = qvm_create(filp, &create);
		if (copy_to_user((void __user *)arg, &create, sizeof(create)))
			return -EFAULT;
		return err;
	case QVM_SHM_NOTIFY:
		if (!region)
			return -ENOTCONN;
		if (get_user(clients, (u32 __user *)arg))
			return -EFAULT;
		wmb(); /* the data before the notification */
		region->control->notify = clients;
		return 0;
	default:
		return -ENOTTY;
	}
}

static bool qvm_take(struct qvm_region *region, u32 *status)
{
	bool news;

	spin_lock_irq(&qvm.lock);
	news = region->news;
	*status = region->active << 16 | region->pending;
	region->pending = 0;
	region->news = false;
	spin_unlock_irq(&qvm.lock);
	return news;
}

static ssize_t qvm_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct qvm_region *region = filp->private_data;
	u32 status;

	if (!region)
		return -ENOTCONN;
	if (count < sizeof(status))
		return -EINVAL;
	if (wait_event_interruptible(region->wait, qvm_take(region, &status)))
		return -ERESTARTSYS;
	return copy_to_user(buf, &status, sizeof(status)) ? -EFAULT : sizeof(status);
}

static __poll_t qvm_poll(struct file *filp, poll_table *wait)
{
	struct qvm_region *region = filp->private_data;

	if (!region)
		return EPOLLERR;
	poll_wait(filp, &region->wait, wait);
	return READ_ONCE(region->news) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int qvm_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct qvm_region *region = filp->private_data;

	if (!region)
		return -ENOTCONN;
	if (vma->vm_pgoff || vma_pages(vma) > region->size)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, (region->paddr >> PAGE_SHIFT) + 1,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static int qvm_open(struct inode *inode, struct file *filp)
{
	filp->private_data = NULL;
	return 0;
}

static int qvm_release(struct inode *inode, struct file *filp)
{
	struct qvm_region *region = filp->private_data;

	if (!region)
		return 0;
	spin_lock_irq(&qvm.lock);
	list_del(&region->node);
	region->control->detach = 0;
	spin_unlock_irq(&qvm.lock);
	memunmap((void *)region->control);
	kfree(region);
	return 0;
}

static const struct file_operations qvm_fops = {
	.owner = THIS_MODULE,
	.open = qvm_open,
	.release = qvm_release,
	.read = qvm_read,
	.poll = qvm_poll,
	.mmap = qvm_mmap,
	.unlocked_ioctl = qvm_ioctl,
};

static struct miscdevice qvm_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "qvm_shm",
	.fops = &qvm_fops,
};

static int qvm_probe(struct platform_device *pdev)
{
	int err;

	mutex_init(&qvm.create);
	spin_lock_init(&qvm.lock);
	INIT_LIST_HEAD(&qvm.regions);
	qvm.factory = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR((void __force *)qvm.factory))
		return PTR_ERR((void __force *)qvm.factory);
	if (qvm.factory->signature != GUEST_SHM_SIGNATURE) {
		dev_err(&pdev->dev, "signature incorrect: %llx\n", qvm.factory->signature);
		return -ENODEV;
	}
	qvm.irq = platform_get_irq(pdev, 0);
	if (qvm.irq < 0)
		return qvm.irq;
	err = devm_request_irq(&pdev->dev, qvm.irq, qvm_interrupt, IRQF_SHARED, "qvm_shm", &qvm);
	if (err)
		return err;
	dev_info(&pdev->dev, "guest_shm device, vector %u\n", qvm.factory->vector);
	return misc_register(&qvm_misc);
}

static int qvm_remove(struct platform_device *pdev)
{
	misc_deregister(&qvm_misc);
	return 0;
}

static const struct of_device_id qvm_match[] = {
	{ .compatible = "qvm,guest_shm" },
	{}
};
MODULE_DEVICE_TABLE(of, qvm_match);

static struct platform_driver qvm_driver = {
	.probe = qvm_probe,
	.remove = qvm_remove,
	.driver = {
		.name = "qvm_guest_shm",
		.of_match_table = qvm_match,
	},
};
module_platform_driver(qvm_driver);

MODULE_DESCRIPTION("Shared memory of the QNX hypervisor, by the original's registers");
MODULE_AUTHOR("Tombolo");
MODULE_LICENSE("GPL");
