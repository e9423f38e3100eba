// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_shm: named memory shared between guests of a hypervisor.
 *
 * The device has one factory page. Writing a name and then a size there makes
 * the device create or join the region of that name, and the page then tells
 * where the region is: a control page of registers and, right behind it, the
 * data. The control page is trapped; the data is ordinary memory.
 *
 * Rules:
 *  - Registers are accessed by readl(), readq() and writel() only: an access
 *    that traps must be a single-register load or store, or the hypervisor cannot
 *    tell what it was. memcpy_toio() is no such thing.
 *  - Reading a region's status clears its pending bits in the device, so it is
 *    done at one place, under the lock, and handed to all files of the region.
 *  - The line is level-triggered and high until every changed status has been
 *    read. So it must be off while a region exists in the device and not yet in
 *    the list that the handler walks, or it would fire without end.
 *  - Locks nest as factory (mutex) > file->lock (mutex) > gs->lock (spinlock, irq).
 *    User memory is touched under none of them: mmap() holds mmap_lock and
 *    takes file->lock.
 */

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <asm/unaligned.h>
#include <linux/version.h>
#include <linux/wait.h>

#include "guest_shm.h"

#define DRIVER_NAME "guest_shm"

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

#define REGION_PAGE		GUEST_SHM_PAGE_SIZE

#if PAGE_SIZE != REGION_PAGE
#error "guest_shm maps control pages of 4 KiB: build for a kernel with 4 KiB pages"
#endif

/* A device: one factory page and its interrupt. */
struct guest_shm {
	struct device *dev;
	struct miscdevice misc;
	char name[16];
	void __iomem *factory;
	int irq;
	u32 vector;
	int id;
	/* Serialises the factory page, and creation and end of regions. */
	struct mutex factory_lock;
	/* Guards regions, their files, and the signal accounts of files. */
	spinlock_t lock;
	struct list_head regions;
};

/* A connection to a region, shared by the files that attached its name. */
struct guest_shm_region {
	struct list_head node;
	struct list_head files;
	unsigned int users;	/* under factory_lock */
	void __iomem *control;
	phys_addr_t shmem;
	struct resource *claim;
	u32 pages;
	u32 idx;
	u32 active;		/* under gs->lock */
	char name[GUEST_SHM_NAME_LEN];
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
};

static DEFINE_IDA(guest_shm_ids);

/* ---- Status and interrupt -------------------------------------------- */

/*
 * Reads a region's status, hands it to every file of the region and wakes them.
 * Tells whether it held anything new. Under gs->lock.
 */
static bool region_collect(struct guest_shm_region *region)
{
	u32 status = readl(region->control + CONTROL_STATUS);
	u32 pending = FIELD_GET(STATUS_PENDING, status);
	u32 active = FIELD_GET(STATUS_ACTIVE, status);
	bool changed = active != region->active;
	struct guest_shm_file *file;

	if (!pending && !changed)
		return false;
	region->active = active;
	list_for_each_entry(file, &region->files, node) {
		file->pending |= pending;
		file->active = active;
		file->active_changed |= changed;
		wake_up_interruptible(&file->wait);
	}
	return true;
}

static irqreturn_t guest_shm_interrupt(int irq, void *data)
{
	struct guest_shm *gs = data;
	struct guest_shm_region *region;
	bool ours = false;

	spin_lock(&gs->lock);
	list_for_each_entry(region, &gs->regions, node)
		ours |= region_collect(region);
	spin_unlock(&gs->lock);
	return ours ? IRQ_HANDLED : IRQ_NONE;
}

/* ---- Regions: under factory_lock ---------------------------------------- */

static int status_to_errno(u32 status)
{
	switch (status) {
	case GUEST_SHM_OK:
		return 0;
	case GUEST_SHM_NOMEM:
		return -ENOMEM;
	case GUEST_SHM_CLIENT_MAX_REACHED:
		return -EUSERS;
	case GUEST_SHM_ILLEGAL_NAME:
		return -EINVAL;
	case GUEST_SHM_NO_PERMISSION:
		return -EACCES;
	case GUEST_SHM_DOES_NOT_EXIST:
		return -ENOENT;
	default:
		return -EIO;
	}
}

/*
 * Has the device attach name. The write of the size returns when the device has
 * an answer, which may take long: it may have to clean memory first.
 */
static u32 factory_attach(struct guest_shm *gs, const char *name, u32 pages)
{
	unsigned int at;

	for (at = 0; at < GUEST_SHM_NAME_LEN; at += sizeof(u32))
		writel(get_unaligned_le32(name + at), gs->factory + FACTORY_NAME + at);
	writel(pages, gs->factory + FACTORY_SIZE);
	return readl(gs->factory + FACTORY_STATUS);
}

static struct guest_shm_region *region_find(struct guest_shm *gs, phys_addr_t shmem)
{
	struct guest_shm_region *region;

	list_for_each_entry(region, &gs->regions, node)
		if (region->shmem == shmem)
			return region;
	return NULL;
}

/* A region at a place that cannot be one would expose memory of this kernel. */
static bool region_plausible(u64 shmem, u32 pages)
{
	u64 bytes = ((u64)pages + 1) * REGION_PAGE;

	return shmem && PAGE_ALIGNED(shmem) && pages && shmem + bytes > shmem &&
	       shmem + bytes - 1 <= PHYS_MASK &&
	       region_intersects(shmem, bytes, IORESOURCE_SYSTEM_RAM,
				 IORES_DESC_NONE) == REGION_DISJOINT;
}

/*
 * Takes in the region that the device has just attached. The claim keeps
 * /dev/mem from it where the kernel has IO_STRICT_DEVMEM.
 */
static struct guest_shm_region *region_create(struct guest_shm *gs, phys_addr_t shmem,
					      u32 pages, const char *name)
{
	struct guest_shm_region *region = kzalloc(sizeof(*region), GFP_KERNEL);
	resource_size_t bytes = ((resource_size_t)pages + 1) * REGION_PAGE;

	if (!region)
		return NULL;
	region->control = ioremap(shmem, REGION_PAGE);
	if (!region->control) {
		kfree(region);
		return NULL;
	}
	INIT_LIST_HEAD(&region->files);
	region->shmem = shmem;
	region->pages = pages;
	memcpy(region->name, name, GUEST_SHM_NAME_LEN);
	region->idx = readl(region->control + CONTROL_IDX);
	region->claim = request_mem_region(shmem, bytes, gs->name);
	if (!region->claim)
		dev_warn(gs->dev, "cannot claim %u pages at %pa: /dev/mem may reach them\n",
			 pages, &shmem);
	return region;
}

/* Leaves the region. After the write, its control page may not be touched. */
static void region_end(struct guest_shm *gs, struct guest_shm_region *region)
{
	unsigned long flags;

	spin_lock_irqsave(&gs->lock, flags);
	list_del(&region->node);
	writel(1, region->control + CONTROL_DETACH);
	spin_unlock_irqrestore(&gs->lock, flags);

	iounmap(region->control);
	if (region->claim)
		release_mem_region(region->shmem,
				   ((resource_size_t)region->pages + 1) * REGION_PAGE);
	kfree(region);
}

/* The device attached something unusable: gives it back, as far as possible. */
static void factory_abandon(phys_addr_t shmem)
{
	void __iomem *control = ioremap(shmem, REGION_PAGE);

	if (!control)
		return;
	writel(1, control + CONTROL_DETACH);
	iounmap(control);
}

/*
 * Attaches by name and finds or takes in the region. With the interrupt off.
 * The device answers a second attach of a name with the connection that is there.
 */
static struct guest_shm_region *region_attach(struct guest_shm *gs,
					      struct guest_shm_attachment *a)
{
	struct guest_shm_region *region;
	unsigned long flags;
	u64 shmem;
	u32 pages;

	a->status = factory_attach(gs, a->name, a->size_pages);
	if (a->status != GUEST_SHM_OK)
		return ERR_PTR(status_to_errno(a->status));
	shmem = readq(gs->factory + FACTORY_SHMEM);
	pages = readl(gs->factory + FACTORY_SIZE);
	region = region_find(gs, shmem);
	if (region)
		return region;
	if (!region_plausible(shmem, pages)) {
		dev_err(gs->dev, "device put a region of %u pages at %#llx: refused\n",
			pages, shmem);
		return ERR_PTR(-ENXIO);
	}
	region = region_create(gs, shmem, pages, a->name);
	if (!region) {
		factory_abandon(shmem);
		return ERR_PTR(-ENOMEM);
	}
	spin_lock_irqsave(&gs->lock, flags);
	list_add_tail(&region->node, &gs->regions);
	spin_unlock_irqrestore(&gs->lock, flags);
	return region;
}

/* ---- Files -------------------------------------------------------------- */

static void describe(const struct guest_shm *gs, const struct guest_shm_region *region,
		     struct guest_shm_attachment *a)
{
	memcpy(a->name, region->name, sizeof(a->name));
	a->size_pages = region->pages;
	a->idx = region->idx;
	a->gpa = region->shmem + REGION_PAGE;
	a->status = GUEST_SHM_OK;
	a->vector = gs->vector;
}

/* Puts a file among those of a region, with the set of peers as of now. */
static void file_join(struct guest_shm_file *file, struct guest_shm_region *region)
{
	unsigned long flags;

	region->users++;
	spin_lock_irqsave(&file->gs->lock, flags);
	file->region = region;
	file->pending = 0;
	file->active_changed = false;
	list_add_tail(&file->node, &region->files);
	region_collect(region);
	file->active = region->active;
	/* The set as of the attach is news to the file, once. */
	file->active_changed = true;
	spin_unlock_irqrestore(&file->gs->lock, flags);
}

static int file_attach(struct guest_shm_file *file, struct guest_shm_attachment *a)
{
	struct guest_shm *gs = file->gs;
	struct guest_shm_region *region;
	int err = 0;

	mutex_lock(&gs->factory_lock);
	mutex_lock(&file->lock);
	if (file->region) {
		err = -EISCONN;
		goto unlock;
	}
	/*
	 * Off also while the device cleans memory: when within the write the
	 * attach happens, and raises the line, cannot be known from here.
	 */
	disable_irq(gs->irq);
	region = region_attach(gs, a);
	if (IS_ERR(region)) {
		err = PTR_ERR(region);
	} else {
		file_join(file, region);
		describe(gs, region, a);
	}
	enable_irq(gs->irq);
unlock:
	mutex_unlock(&file->lock);
	mutex_unlock(&gs->factory_lock);
	return err;
}

static int file_detach(struct guest_shm_file *file)
{
	struct guest_shm *gs = file->gs;
	struct guest_shm_region *region;
	unsigned long flags;
	int err = 0;

	mutex_lock(&gs->factory_lock);
	mutex_lock(&file->lock);
	region = file->region;
	if (!region) {
		err = -ENOTCONN;
	} else if (atomic_read(&file->mappings)) {
		err = -EBUSY;
	} else {
		spin_lock_irqsave(&gs->lock, flags);
		list_del(&file->node);
		file->region = NULL;
		spin_unlock_irqrestore(&gs->lock, flags);
		if (--region->users == 0)
			region_end(gs, region);
		wake_up_interruptible(&file->wait);
	}
	mutex_unlock(&file->lock);
	mutex_unlock(&gs->factory_lock);
	return err;
}

static int file_info(struct guest_shm_file *file, struct guest_shm_attachment *a)
{
	int err = 0;

	mutex_lock(&file->lock);
	if (file->region)
		describe(file->gs, file->region, a);
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
	if (file->region)
		writel(targets, file->region->control + CONTROL_NOTIFY);
	else
		err = -ENOTCONN;
	mutex_unlock(&file->lock);
	return err;
}

static long guest_shm_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct guest_shm_file *file = filp->private_data;
	struct guest_shm_attachment a = {};
	void __user *user = (void __user *)arg;
	u32 targets;
	int err;

	switch (cmd) {
	case GUEST_SHM_ATTACH:
		if (copy_from_user(&a, user, sizeof(a)))
			return -EFAULT;
		a.status = GUEST_SHM_OK;
		err = file_attach(file, &a);
		break;
	case GUEST_SHM_INFO:
		err = file_info(file, &a);
		break;
	case GUEST_SHM_NOTIFY:
		if (get_user(targets, (u32 __user *)user))
			return -EFAULT;
		return file_notify(file, targets);
	case GUEST_SHM_DETACH:
		return file_detach(file);
	default:
		return -ENOTTY;
	}
	/* Also after a refusal: it carries the device's status. */
	if (copy_to_user(user, &a, sizeof(a)))
		return -EFAULT;
	return err;
}

static bool file_readable(const struct guest_shm_file *file)
{
	return file->pending || file->active_changed;
}

/*
 * Takes the file's record: 0 and the status, -EAGAIN if there is no news,
 * -ENOTCONN if the file is not attached.
 */
static int file_take_record(struct guest_shm_file *file, u32 *status)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&file->gs->lock, flags);
	if (!file->region) {
		err = -ENOTCONN;
	} else if (!file_readable(file)) {
		err = -EAGAIN;
	} else {
		*status = FIELD_PREP(STATUS_ACTIVE, file->active) |
			  FIELD_PREP(STATUS_PENDING, file->pending);
		file->pending = 0;
		file->active_changed = false;
	}
	spin_unlock_irqrestore(&file->gs->lock, flags);
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
	unsigned long flags;

	poll_wait(filp, &file->wait, wait);
	spin_lock_irqsave(&file->gs->lock, flags);
	if (!file->region)
		events = EPOLLERR | EPOLLHUP;
	else if (file_readable(file))
		events = EPOLLIN | EPOLLRDNORM;
	spin_unlock_irqrestore(&file->gs->lock, flags);
	return events;
}

/* ---- Mapping of the data -------------------------------------------------- */

/* A split mapping is two; DETACH is refused until all are gone. */
static void guest_shm_vm_open(struct vm_area_struct *vma)
{
	struct guest_shm_file *file = vma->vm_private_data;

	atomic_inc(&file->mappings);
}

static void guest_shm_vm_close(struct vm_area_struct *vma)
{
	struct guest_shm_file *file = vma->vm_private_data;

	atomic_dec(&file->mappings);
}

static const struct vm_operations_struct guest_shm_vm_ops = {
	.open = guest_shm_vm_open,
	.close = guest_shm_vm_close,
};

/* remap_pfn_range() adds that the mapping is not to grow, nor to be dumped. */
static void keep_from_children(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, VM_DONTCOPY);
#else
	vma->vm_flags |= VM_DONTCOPY;
#endif
}

/*
 * Maps data pages, offset 0 being the first. The protection stays what user
 * memory has, write-back cacheable, so that no access ever traps.
 */
static int guest_shm_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct guest_shm_file *file = filp->private_data;
	unsigned long pages = vma_pages(vma);
	unsigned long pfn;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	mutex_lock(&file->lock);
	if (!file->region) {
		err = -ENOTCONN;
	} else if (vma->vm_pgoff > file->region->pages ||
		   pages > file->region->pages - vma->vm_pgoff) {
		err = -EINVAL;
	} else {
		pfn = PHYS_PFN(file->region->shmem) + 1 + vma->vm_pgoff;
		keep_from_children(vma);
		err = remap_pfn_range(vma, vma->vm_start, pfn, pages << PAGE_SHIFT,
				      vma->vm_page_prot);
		if (!err) {
			vma->vm_private_data = file;
			vma->vm_ops = &guest_shm_vm_ops;
			atomic_inc(&file->mappings);
		}
	}
	mutex_unlock(&file->lock);
	return err;
}

/* ---- Device ------------------------------------------------------------- */

static int guest_shm_open(struct inode *inode, struct file *filp)
{
	struct guest_shm *gs = container_of(filp->private_data, struct guest_shm, misc);
	struct guest_shm_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;
	file->gs = gs;
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

static const struct file_operations guest_shm_fops = {
	.owner = THIS_MODULE,
	.open = guest_shm_open,
	.release = guest_shm_release,
	.read = guest_shm_read,
	.poll = guest_shm_poll,
	.mmap = guest_shm_mmap,
	.unlocked_ioctl = guest_shm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static void release_id(void *data)
{
	struct guest_shm *gs = data;

	ida_free(&guest_shm_ids, gs->id);
}

static void deregister(void *data)
{
	struct guest_shm *gs = data;

	misc_deregister(&gs->misc);
}

/* The first device is /dev/guest_shm, further ones /dev/guest_shm1 and on. */
static int name_device(struct guest_shm *gs)
{
	gs->id = ida_alloc(&guest_shm_ids, GFP_KERNEL);
	if (gs->id < 0)
		return gs->id;
	if (gs->id)
		snprintf(gs->name, sizeof(gs->name), DRIVER_NAME "%d", gs->id);
	else
		strscpy(gs->name, DRIVER_NAME, sizeof(gs->name));
	return devm_add_action_or_reset(gs->dev, release_id, gs);
}

static int map_factory(struct platform_device *pdev, struct guest_shm *gs)
{
	u64 signature;

	gs->factory = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(gs->factory))
		return dev_err_probe(gs->dev, PTR_ERR(gs->factory), "no factory page\n");
	signature = readq(gs->factory + FACTORY_SIGNATURE);
	if (signature != SIGNATURE)
		return dev_err_probe(gs->dev, -ENODEV,
				     "signature %#llx where %#llx was expected\n",
				     signature, SIGNATURE);
	gs->vector = readl(gs->factory + FACTORY_VECTOR);
	return 0;
}

static int wire_interrupt(struct platform_device *pdev, struct guest_shm *gs)
{
	int err;

	gs->irq = platform_get_irq(pdev, 0);
	if (gs->irq < 0)
		return gs->irq;
	if (!(irq_get_trigger_type(gs->irq) & IRQ_TYPE_LEVEL_MASK))
		dev_warn(gs->dev, "the interrupt is not described as level-triggered\n");
	err = devm_request_irq(gs->dev, gs->irq, guest_shm_interrupt, IRQF_SHARED,
			       gs->name, gs);
	return err ? dev_err_probe(gs->dev, err, "cannot have interrupt %d\n", gs->irq) : 0;
}

static int guest_shm_probe(struct platform_device *pdev)
{
	struct guest_shm *gs = devm_kzalloc(&pdev->dev, sizeof(*gs), GFP_KERNEL);
	int err;

	if (!gs)
		return -ENOMEM;
	gs->dev = &pdev->dev;
	mutex_init(&gs->factory_lock);
	spin_lock_init(&gs->lock);
	INIT_LIST_HEAD(&gs->regions);
	err = map_factory(pdev, gs);
	if (err)
		return err;
	err = name_device(gs);
	if (err)
		return err;
	err = wire_interrupt(pdev, gs);
	if (err)
		return err;
	gs->misc.minor = MISC_DYNAMIC_MINOR;
	gs->misc.name = gs->name;
	gs->misc.fops = &guest_shm_fops;
	gs->misc.parent = gs->dev;
	err = misc_register(&gs->misc);
	if (err)
		return dev_err_probe(gs->dev, err, "cannot register /dev/%s\n", gs->name);
	err = devm_add_action_or_reset(gs->dev, deregister, gs);
	if (err)
		return err;
	dev_info(gs->dev, "/dev/%s, interrupt %u\n", gs->name, gs->vector);
	return 0;
}

static const struct of_device_id guest_shm_of_match[] = {
	{ .compatible = "qvm,guest_shm" },
	{}
};
MODULE_DEVICE_TABLE(of, guest_shm_of_match);

/* Open files point to the device, so it cannot be unbound under them. */
static struct platform_driver guest_shm_driver = {
	.probe = guest_shm_probe,
	.driver = {
		.name = DRIVER_NAME,
		.of_match_table = guest_shm_of_match,
		.suppress_bind_attrs = true,
	},
};
module_platform_driver(guest_shm_driver);

MODULE_DESCRIPTION("Named memory shared between guests");
MODULE_AUTHOR("Tombolo");
MODULE_LICENSE("GPL");
