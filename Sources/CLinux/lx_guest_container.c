// A container's root: entering it, its /dev, its settings, and what is covered in it.
#include "CLinux.h"
#include "lx_guest_child.h"
#include <sys/sysmacros.h>

/// Binds come from the old root, so detached copies of them are opened while it is still there.
static void open_binds(const struct lx_container *container, int trees[LX_MAX_BINDS]) {
    size_t next = 0;
    for (size_t i = 0; i < container->mount_count; i++) {
        if (container->mounts[i].type == NULL) trees[next++] = lx_child_open_bind(container->mounts[i].source);
    }
}

/// pivot_root(2) onto itself: the old root ends up stacked on the new one and is peeled off.
static void change_root(const char *root) {
    if (chdir(root) < 0) lx_child_fail("chdir", root);
    if (syscall(SYS_pivot_root, ".", ".") < 0) lx_child_fail("pivot_root", root);
    if (umount2(".", MNT_DETACH) < 0) lx_child_fail("detach old root", NULL);
    if (chdir("/") < 0) lx_child_fail("chdir", "/");
}

static bool is_dev(const struct lx_mount *mount) {
    return mount->type != NULL && strcmp(mount->type, "tmpfs") == 0 && strcmp(mount->destination, "/dev") == 0;
}

static void make_mounts(const struct lx_container *container, const int trees[LX_MAX_BINDS]) {
    size_t next = 0;
    for (size_t i = 0; i < container->mount_count; i++) {
        const struct lx_mount *mount = &container->mounts[i];
        lx_child_mount(mount, mount->type == NULL ? trees[next++] : -1);
        if (is_dev(mount)) lx_child_fill_dev();
    }
}

/// Writes one setting. A path of its own choosing could otherwise leave /proc/sys.
static void write_sysctl(const struct lx_sysctl *sysctl) {
    static const char prefix[] = "/proc/sys/";
    char path[256];
    size_t length = strlen(sysctl->path), count = strlen(sysctl->value);
    errno = EINVAL;
    if (length == 0 || length >= sizeof path - sizeof prefix || strstr(sysctl->path, "..") != NULL) {
        lx_child_fail("sysctl", sysctl->path);
    }
    memcpy(path, prefix, sizeof prefix);
    memcpy(path + sizeof prefix - 1, sysctl->path, length + 1);
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0 || write(file, sysctl->value, count) != (ssize_t)count) lx_child_fail("sysctl", sysctl->path);
    close(file);
}

void lx_child_enter_root(const struct lx_container *container) {
    int trees[LX_MAX_BINDS];
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) lx_child_fail("make mounts private", NULL);
    open_binds(container, trees);
    change_root(container->root);
    make_mounts(container, trees);
    const char *name = container->hostname;
    if (name != NULL && sethostname(name, strlen(name)) < 0) lx_child_fail("sethostname", name);
    for (size_t i = 0; i < container->sysctl_count; i++) write_sysctl(&container->sysctls[i]);
}

// MARK: /dev

static void make_node(const char *path, unsigned major_number, unsigned minor_number) {
    // An image may not bring nodes into a fresh tmpfs, so EEXIST cannot hide a wrong one.
    if (mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number)) < 0) lx_child_fail("mknod", path);
}

static void make_link(const char *path, const char *target) {
    if (symlink(target, path) < 0) lx_child_fail("symlink", path);
}

void lx_child_fill_dev(void) {
    mode_t mask = umask(0);
    make_node("/dev/null", 1, 3);
    make_node("/dev/zero", 1, 5);
    make_node("/dev/full", 1, 7);
    make_node("/dev/random", 1, 8);
    make_node("/dev/urandom", 1, 9);
    make_node("/dev/tty", 5, 0);
    umask(mask);
    make_link("/dev/fd", "/proc/self/fd");
    make_link("/dev/stdin", "/proc/self/fd/0");
    make_link("/dev/stdout", "/proc/self/fd/1");
    make_link("/dev/stderr", "/proc/self/fd/2");
    make_link("/dev/ptmx", "pts/ptmx");
}

// MARK: Protection

/// Missing paths need no cover: which of them exist depends on the kernel.
static bool is_missing(void) { return errno == ENOENT || errno == ENOTDIR; }

/// A cover must be the real null device: an image without a fresh /dev may bring anything under that name.
static void require_null_device(void) {
    struct stat facts;
    if (lstat("/dev/null", &facts) < 0) lx_child_fail("stat", "/dev/null");
    if (S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(1, 3)) return;
    errno = ENODEV;
    lx_child_fail("check", "/dev/null");
}

static void mask(const char *path) {
    struct stat facts;
    if (stat(path, &facts) < 0) {
        if (is_missing()) return;
        lx_child_fail("stat", path);
    }
    int result;
    if (S_ISDIR(facts.st_mode)) {
        result = mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0555");
    } else {
        require_null_device();
        result = mount("/dev/null", path, NULL, MS_BIND, NULL);
    }
    if (result < 0) lx_child_fail("mask", path);
}

/// A copy of the path's mounts, read-only, on top of it. Other flags of theirs stay as they are.
static void write_protect(const char *path) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) {
        if (is_missing()) return;
        lx_child_fail("open", path);
    }
    if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) < 0
        || lx_attach(tree, path) < 0) {
        lx_child_fail("make read-only", path);
    }
    close(tree);
}

void lx_child_protect(const struct lx_container *container) {
    for (size_t i = 0; i < container->masked_count; i++) mask(container->masked[i]);
    for (size_t i = 0; i < container->readonly_count; i++) write_protect(container->readonly[i]);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (container->root_readonly && mount_setattr(AT_FDCWD, "/", 0, &attributes, sizeof attributes) < 0) {
        lx_child_fail("make read-only", "/");
    }
}
