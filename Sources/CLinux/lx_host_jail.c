#include "lx_host_jail.h"
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

// Everything here runs between clone and exec: async-signal-safe calls only. Identities are changed by raw system
// calls: glibc's own would tell the threads that it remembers from before the clone, and that are not here.

const uint64_t lx_jail_namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;

static int remount(const char *path, unsigned long flags) {
    return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
}

static int bind_folder(const struct lx_jail_folder *folder) {
    if (mount(folder->source, folder->target, NULL, MS_BIND, NULL) < 0) return -1;
    return remount(folder->target, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW);
}

static int make_devices(const struct lx_jail *jail, uint32_t id) {
    if (jail->device_count == 0) return 0;
    if (mount("dev", jail->dev, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=4096,nr_inodes=16") < 0) return -1;
    for (int i = 0; i < jail->device_count; i++) {
        const char *path = jail->devices[i].path;
        if (mknod(path, S_IFCHR | 0600, jail->devices[i].number) < 0 || chown(path, id, id) < 0) return -1;
    }
    return remount(jail->dev, MS_RDONLY | MS_NOSUID | MS_NOEXEC);
}

// The root is mounted on itself because pivot_root(2) wants a mount; only this child's mount becomes read-only.
static int mount_all(const struct lx_jail *jail, uint32_t id) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -1;
    if (mount(jail->root, jail->root, NULL, MS_BIND, NULL) < 0) return -1;
    for (int i = 0; i < jail->folder_count; i++)
        if (bind_folder(&jail->folders[i]) < 0) return -1;
    if (make_devices(jail, id) < 0) return -1;
    unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (mount("proc", jail->proc, "proc", flags, "subset=pid,hidepid=2") < 0) return -1;
    return remount(jail->root, MS_RDONLY | MS_NOSUID | MS_NODEV);
}

// The old root comes to lie on top of the new one for an instant (pivot_root(2), "." twice), and is let go of whole.
static int change_root(const char *root) {
    if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0) return -1;
    if (umount2(".", MNT_DETACH) < 0) return -1;
    return chdir("/");
}

static int drop_capabilities(void) {
    for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return -1;
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int become(uint32_t id) {
    if (syscall(SYS_setgroups, 0, NULL) < 0) return -1;
    if (syscall(SYS_setresgid, id, id, id) < 0 || syscall(SYS_setresuid, id, id, id) < 0) return -1;
    // Leaving user 0 has emptied all sets but the inheritable one.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &header, none) < 0) return -1;
    // The daemon's session keyring may hold its user's secrets; a kernel without keyrings has none to leave.
    return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS ? -1 : 0;
}

int lx_jail_enter(const struct lx_jail *jail, int pid, int *stage) {
    uint32_t id = jail->first_id + (uint32_t)pid;
    *stage = LX_STAGE_JAIL_MOUNT;
    if (mount_all(jail, id) < 0) return -1;
    *stage = LX_STAGE_JAIL_ROOT;
    if (change_root(jail->root) < 0) return -1;
    *stage = LX_STAGE_JAIL_IDENTITY;
    if (sethostname("jail", 4) < 0 || drop_capabilities() < 0 || become(id) < 0) return -1;
    return 0;
}
