// SPDX-License-Identifier: GPL-2.0-only
/*
 * bug.c - vcm_bug.ko: a driver with bugs, for tests of tools that find them.
 *
 * Drives one edu device of QEMU through the DMA API; of VCM it uses nothing.  Each bug is made by a
 * function of its own, whose name is what a tool has to find in the stack.
 *
 * debugfs/vcm_bug/
 *   early   write anything: memory is unmapped while the device is about to write it.  The engine
 *           starts 100 ms after it is told to, so the write always comes too late: a fault
 *   leak    write a number: so many pages are mapped and stay mapped, until the module goes
 *   pieces  write anything: 16 pages are mapped by one call in a domain of its own, and the four
 *           in the middle are unmapped; they stay so until "undo" is written
 *   storm   write a number: so many reads are reported to the IOMMU core as if they had been
 *           refused, each of another page, as drivers of most IOMMUs report them
 *   flood   write "NAME ADDRESS NUMBER": so many reads by a platform device are reported likewise,
 *           each of the next page, to who has the device, while nothing else runs
 *   nameless write an address: a read of it by a device that has no name is reported; the IOMMU of
 *           no machine does that, some driver with a mistake may
 *   address read: where the last of these was mapped, or the first of the storm
 *   tables  write the name of a PCI device, read: the runs of addresses below 4G that its domain
 *           translates, "first last" in hexadecimal, as iommu_iova_to_phys() has it
 *
 * Locking: vcm_bug_lock is around everything.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stop_machine.h>
#include <linux/uaccess.h>

#define VCM_BUG_DMA_SRC		0x80
#define VCM_BUG_DMA_DST		0x88
#define VCM_BUG_DMA_COUNT	0x90
#define VCM_BUG_DMA_CMD		0x98
#define VCM_BUG_RUN_TO_RAM	3
#define VCM_BUG_BUFFER		0x40000	/* where the device sees its own buffer */

#define VCM_BUG_LEAKS		100000	/* pages of one write */
#define VCM_BUG_PIECES		16
#define VCM_BUG_PIECES_AT	0x10000000UL
#define VCM_BUG_STORM		1000000	/* faults of one write */
#define VCM_BUG_STORM_AT	0x20000000UL
#define VCM_BUG_FLOOD		100000	/* faults of one write */
#define VCM_BUG_SCAN_LAST	0xffffffffUL

/* A page that nobody gives back. */
struct vcm_bug_leak {
	struct list_head list;
	struct page *page;
	dma_addr_t dma;
};

static DEFINE_MUTEX(vcm_bug_lock);
static struct pci_dev *vcm_bug_dev;	/* that the driver has */
static void __iomem *vcm_bug_regs;
static LIST_HEAD(vcm_bug_leaks);
static struct iommu_domain *vcm_bug_domain;	/* of pieces */
static struct page *vcm_bug_pages;
static u64 vcm_bug_address;
static struct pci_dev *vcm_bug_look;	/* whose tables are shown */
static struct dentry *vcm_bug_dir;
static struct device vcm_bug_nobody;		/* of nameless: never registered, */
static struct iommu_domain vcm_bug_nowhere;	/* never attached, without a handler */

/* The device is told to write, and then the memory is taken from it. */
static noinline int vcm_bug_early(void)
{
	struct device *dev = &vcm_bug_dev->dev;
	struct page *page = alloc_page(GFP_KERNEL);
	dma_addr_t dma;

	if (!page)
		return -ENOMEM;
	dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, dma)) {
		__free_page(page);
		return -ENOMEM;
	}
	vcm_bug_address = dma;
	writeq(VCM_BUG_BUFFER, vcm_bug_regs + VCM_BUG_DMA_SRC);
	writeq(dma, vcm_bug_regs + VCM_BUG_DMA_DST);
	writeq(64, vcm_bug_regs + VCM_BUG_DMA_COUNT);
	writeq(VCM_BUG_RUN_TO_RAM, vcm_bug_regs + VCM_BUG_DMA_CMD);
	dma_unmap_page(dev, dma, PAGE_SIZE, DMA_FROM_DEVICE);
	__free_page(page);
	return 0;
}

static noinline int vcm_bug_leak(void)
{
	struct vcm_bug_leak *leak = kzalloc(sizeof(*leak), GFP_KERNEL);

	if (!leak)
		return -ENOMEM;
	leak->page = alloc_page(GFP_KERNEL);
	if (!leak->page)
		goto err_free;
	leak->dma = dma_map_page(&vcm_bug_dev->dev, leak->page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(&vcm_bug_dev->dev, leak->dma))
		goto err_free_page;
	vcm_bug_address = leak->dma;
	list_add(&leak->list, &vcm_bug_leaks);
	return 0;

err_free_page:
	__free_page(leak->page);
err_free:
	kfree(leak);
	return -ENOMEM;
}

static void vcm_bug_give_back(void)
{
	struct vcm_bug_leak *leak, *next;

	list_for_each_entry_safe(leak, next, &vcm_bug_leaks, list) {
		dma_unmap_page(&vcm_bug_dev->dev, leak->dma, PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(leak->page);
		kfree(leak);
	}
	INIT_LIST_HEAD(&vcm_bug_leaks);
}

static void vcm_bug_pieces_undo(void)
{
	if (!vcm_bug_domain)
		return;
	iommu_unmap(vcm_bug_domain, VCM_BUG_PIECES_AT, 6 * PAGE_SIZE);
	iommu_unmap(vcm_bug_domain, VCM_BUG_PIECES_AT + 10 * PAGE_SIZE, 6 * PAGE_SIZE);
	iommu_detach_device(vcm_bug_domain, &vcm_bug_dev->dev);
	iommu_domain_free(vcm_bug_domain);
	__free_pages(vcm_bug_pages, get_order(VCM_BUG_PIECES * PAGE_SIZE));
	vcm_bug_domain = NULL;
}

/* One mapping of which the middle goes. */
static noinline int vcm_bug_pieces(void)
{
	int err;

	if (vcm_bug_domain)
		return -EBUSY;
	vcm_bug_pages = alloc_pages(GFP_KERNEL, get_order(VCM_BUG_PIECES * PAGE_SIZE));
	if (!vcm_bug_pages)
		return -ENOMEM;
	vcm_bug_domain = iommu_paging_domain_alloc(&vcm_bug_dev->dev);
	if (IS_ERR(vcm_bug_domain)) {
		err = PTR_ERR(vcm_bug_domain);
		goto err_free;
	}
	err = iommu_attach_device(vcm_bug_domain, &vcm_bug_dev->dev);
	if (err)
		goto err_domain;
	err = iommu_map(vcm_bug_domain, VCM_BUG_PIECES_AT, page_to_phys(vcm_bug_pages),
			VCM_BUG_PIECES * PAGE_SIZE, IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
	if (err)
		goto err_detach;
	vcm_bug_address = VCM_BUG_PIECES_AT;
	iommu_unmap(vcm_bug_domain, VCM_BUG_PIECES_AT + 6 * PAGE_SIZE, 4 * PAGE_SIZE);
	return 0;

err_detach:
	iommu_detach_device(vcm_bug_domain, &vcm_bug_dev->dev);
err_domain:
	iommu_domain_free(vcm_bug_domain);
err_free:
	vcm_bug_domain = NULL;
	__free_pages(vcm_bug_pages, get_order(VCM_BUG_PIECES * PAGE_SIZE));
	return err;
}

/* What was written, without the end of the line. */
static int vcm_bug_word(char *word, size_t size, const char __user *text, size_t len)
{
	if (!len || len >= size)
		return -EINVAL;
	if (copy_from_user(word, text, len))
		return -EFAULT;
	word[len] = '\0';
	strim(word);
	return 0;
}

static ssize_t vcm_bug_early_write(struct file *file, const char __user *text, size_t len,
				   loff_t *pos)
{
	int err = -ENODEV;

	mutex_lock(&vcm_bug_lock);
	if (vcm_bug_dev)
		err = vcm_bug_early();
	mutex_unlock(&vcm_bug_lock);
	return err ?: len;
}

static ssize_t vcm_bug_leak_write(struct file *file, const char __user *text, size_t len,
				  loff_t *pos)
{
	unsigned int nr;
	int err;

	err = kstrtouint_from_user(text, len, 0, &nr);
	if (err || nr > VCM_BUG_LEAKS)
		return -EINVAL;
	mutex_lock(&vcm_bug_lock);
	err = vcm_bug_dev ? 0 : -ENODEV;
	while (!err && nr--) {
		err = vcm_bug_leak();
		cond_resched();
	}
	mutex_unlock(&vcm_bug_lock);
	return err ?: len;
}

static ssize_t vcm_bug_storm_write(struct file *file, const char __user *text, size_t len,
				   loff_t *pos)
{
	struct iommu_domain *domain;
	unsigned int i, nr;
	int err;

	err = kstrtouint_from_user(text, len, 0, &nr);
	if (err || nr > VCM_BUG_STORM)
		return -EINVAL;
	mutex_lock(&vcm_bug_lock);
	domain = vcm_bug_dev ? iommu_get_domain_for_dev(&vcm_bug_dev->dev) : NULL;
	err = domain ? 0 : -ENODEV;
	vcm_bug_address = VCM_BUG_STORM_AT;
	for (i = 0; !err && i < nr; i++) {
		report_iommu_fault(domain, &vcm_bug_dev->dev, VCM_BUG_STORM_AT + i * PAGE_SIZE,
				   IOMMU_FAULT_READ);
		cond_resched();
	}
	mutex_unlock(&vcm_bug_lock);
	return err ?: len;
}

/* What is reported in one go. */
struct vcm_bug_flood {
	struct iommu_domain *domain;
	struct device *dev;
	u64 at;
	unsigned int nr;
};

/* Interrupts are off, and every other processor waits. */
static int vcm_bug_flood(void *data)
{
	const struct vcm_bug_flood *flood = data;

	for (unsigned int i = 0; i < flood->nr; i++)
		report_iommu_fault(flood->domain, flood->dev, flood->at + i * PAGE_SIZE,
				   IOMMU_FAULT_READ);
	return 0;
}

/* The caller sees to it that the device stays where it is. */
static ssize_t vcm_bug_flood_write(struct file *file, const char __user *text, size_t len,
				   loff_t *pos)
{
	struct vcm_bug_flood flood;
	char line[64], name[32];
	int err;

	err = vcm_bug_word(line, sizeof(line), text, len);
	if (err)
		return err;
	if (sscanf(line, "%31s %llx %u", name, &flood.at, &flood.nr) != 3 ||
	    flood.nr > VCM_BUG_FLOOD)
		return -EINVAL;
	flood.dev = bus_find_device_by_name(&platform_bus_type, NULL, name);
	flood.domain = flood.dev ? iommu_get_domain_for_dev(flood.dev) : NULL;
	err = flood.domain ? stop_machine(vcm_bug_flood, &flood, NULL) : -ENODEV;
	put_device(flood.dev);
	return err ?: len;
}

static ssize_t vcm_bug_nameless_write(struct file *file, const char __user *text, size_t len,
				      loff_t *pos)
{
	u64 iova;
	int err;

	err = kstrtou64_from_user(text, len, 0, &iova);
	if (err)
		return err;
	report_iommu_fault(&vcm_bug_nowhere, &vcm_bug_nobody, iova, IOMMU_FAULT_READ);
	return len;
}

static ssize_t vcm_bug_pieces_write(struct file *file, const char __user *text, size_t len,
				    loff_t *pos)
{
	char word[16];
	int err;

	err = vcm_bug_word(word, sizeof(word), text, len);
	if (err)
		return err;
	mutex_lock(&vcm_bug_lock);
	if (!vcm_bug_dev)
		err = -ENODEV;
	else if (!strcmp(word, "undo"))
		vcm_bug_pieces_undo();
	else
		err = vcm_bug_pieces();
	mutex_unlock(&vcm_bug_lock);
	return err ?: len;
}

static ssize_t vcm_bug_tables_write(struct file *file, const char __user *text, size_t len,
				    loff_t *pos)
{
	unsigned int segment, bus, slot, function;
	struct pci_dev *pdev;
	char word[32];
	int err;

	err = vcm_bug_word(word, sizeof(word), text, len);
	if (err)
		return err;
	if (sscanf(word, "%x:%x:%x.%x", &segment, &bus, &slot, &function) != 4)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(segment, bus, PCI_DEVFN(slot, function));
	if (!pdev)
		return -ENODEV;
	mutex_lock(&vcm_bug_lock);
	pci_dev_put(vcm_bug_look);
	vcm_bug_look = pdev;
	mutex_unlock(&vcm_bug_lock);
	return len;
}

/* Address 0 may be memory 0, so the second byte of a page is asked for. */
static bool vcm_bug_translates(struct iommu_domain *domain, unsigned long iova)
{
	return iommu_iova_to_phys(domain, iova + 1);
}

static void vcm_bug_scan(struct seq_file *s, struct iommu_domain *domain)
{
	unsigned long iova, first = 0;
	bool in = false, is;

	for (iova = 0; iova <= VCM_BUG_SCAN_LAST; iova += PAGE_SIZE) {
		is = vcm_bug_translates(domain, iova);
		if (is && !in)
			first = iova;
		if (!is && in)
			seq_printf(s, "%lx %lx\n", first, iova - 1);
		in = is;
		cond_resched();
	}
	if (in)
		seq_printf(s, "%lx %lx\n", first, iova - 1);
}

static int vcm_bug_tables_show(struct seq_file *s, void *unused)
{
	struct iommu_domain *domain;

	mutex_lock(&vcm_bug_lock);
	domain = vcm_bug_look ? iommu_get_domain_for_dev(&vcm_bug_look->dev) : NULL;
	if (domain && domain->type & __IOMMU_DOMAIN_PAGING)
		vcm_bug_scan(s, domain);
	mutex_unlock(&vcm_bug_lock);
	return 0;
}

static int vcm_bug_tables_open(struct inode *inode, struct file *file)
{
	return single_open(file, vcm_bug_tables_show, NULL);
}

#define VCM_BUG_WRITES(name)							\
static const struct file_operations vcm_bug_##name##_fops = {			\
	.owner = THIS_MODULE,							\
	.write = vcm_bug_##name##_write,					\
}

VCM_BUG_WRITES(early);
VCM_BUG_WRITES(leak);
VCM_BUG_WRITES(pieces);
VCM_BUG_WRITES(storm);
VCM_BUG_WRITES(flood);
VCM_BUG_WRITES(nameless);

static const struct file_operations vcm_bug_tables_fops = {
	.owner = THIS_MODULE,
	.open = vcm_bug_tables_open,
	.read = seq_read,
	.write = vcm_bug_tables_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int vcm_bug_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err;

	err = pci_enable_device(pdev);
	if (err)
		return err;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (err)
		goto err_disable;
	mutex_lock(&vcm_bug_lock);
	err = vcm_bug_dev ? -EBUSY : 0;
	if (!err) {
		vcm_bug_regs = pci_iomap(pdev, 0, 0);
		err = vcm_bug_regs ? 0 : -ENOMEM;
	}
	if (!err)
		vcm_bug_dev = pdev;
	mutex_unlock(&vcm_bug_lock);
	if (err)
		goto err_disable;
	pci_set_master(pdev);
	return 0;

err_disable:
	pci_disable_device(pdev);
	return err;
}

static void vcm_bug_remove(struct pci_dev *pdev)
{
	mutex_lock(&vcm_bug_lock);
	vcm_bug_pieces_undo();
	vcm_bug_give_back();
	vcm_bug_dev = NULL;
	pci_clear_master(pdev);
	pci_iounmap(pdev, vcm_bug_regs);
	mutex_unlock(&vcm_bug_lock);
	pci_disable_device(pdev);
}

/* Whoever wants a device to have this driver says so by driver_override. */
static struct pci_driver vcm_bug_driver = {
	.name = "vcm_bug",
	.id_table = NULL,
	.probe = vcm_bug_probe,
	.remove = vcm_bug_remove,
};

static int __init vcm_bug_init(void)
{
	vcm_bug_dir = debugfs_create_dir("vcm_bug", NULL);
	debugfs_create_file("early", 0200, vcm_bug_dir, NULL, &vcm_bug_early_fops);
	debugfs_create_file("leak", 0200, vcm_bug_dir, NULL, &vcm_bug_leak_fops);
	debugfs_create_file("pieces", 0200, vcm_bug_dir, NULL, &vcm_bug_pieces_fops);
	debugfs_create_file("storm", 0200, vcm_bug_dir, NULL, &vcm_bug_storm_fops);
	debugfs_create_file("flood", 0200, vcm_bug_dir, NULL, &vcm_bug_flood_fops);
	debugfs_create_file("nameless", 0200, vcm_bug_dir, NULL, &vcm_bug_nameless_fops);
	debugfs_create_file("tables", 0600, vcm_bug_dir, NULL, &vcm_bug_tables_fops);
	debugfs_create_x64("address", 0400, vcm_bug_dir, &vcm_bug_address);
	return pci_register_driver(&vcm_bug_driver);
}

static void __exit vcm_bug_exit(void)
{
	debugfs_remove(vcm_bug_dir);
	pci_unregister_driver(&vcm_bug_driver);
	pci_dev_put(vcm_bug_look);
}

module_init(vcm_bug_init);
module_exit(vcm_bug_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A driver with bugs, for tests of VCM's tools");
