// The jail that lx_spawn's child enters before its program starts.
#pragma once
#include "lx_common.h"

/// A host's folder that appears in the jail, read-only and without programs.
struct lx_jail_folder {
    const char *source;               // in the host's file system
    const char *target;               // the prepared root's path and a folder's path in it
};

/// A device node that only the jail's user may use; made anew, because the host's own has other owners.
struct lx_jail_device {
    const char *path;                 // the prepared root's path and a path below its /dev
    dev_t number;
};

/// What lx_spawn needs to lock a child up; the parent prepares every pointer before the clone.
struct lx_jail {
    const char *root;                 // a folder with the whole file system, with folders proc and dev
    const char *proc, *dev;           // the paths of those two in the host's file system
    uint32_t first_id;                // user and group are this number plus the child's process number here
    const struct lx_jail_folder *folders;
    int folder_count;
    const struct lx_jail_device *devices;
    int device_count;
};
