// Partitions of disks that have no table.
#include "CLinux.h"
#include <linux/blkpg.h>

int lx_add_partition(const char *disk, int number, int64_t start, int64_t length) {
    int device = open(disk, O_RDONLY | O_CLOEXEC);
    if (device < 0) return -errno;
    struct blkpg_partition partition = {.start = start, .length = length, .pno = number};
    struct blkpg_ioctl_arg request = {.op = BLKPG_ADD_PARTITION, .datalen = sizeof partition, .data = &partition};
    int error = ioctl(device, BLKPG, &request) < 0 ? errno : 0;
    close(device);
    return error == EBUSY ? 0 : -error;
}
