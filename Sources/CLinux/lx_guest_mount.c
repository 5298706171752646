// Single mounts of a container, and the mount points that they need.
#include "CLinux.h"
#include "lx_guest_child.h"
#include <limits.h>
#include <linux/openat2.h>

#define PROPAGATION (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE)
/// Link hops that making a file follows.
#define MAX_HOPS 8

_Static_assert(MS_RDONLY == MOUNT_ATTR_RDONLY && MS_NOSUID == MOUNT_ATTR_NOSUID && MS_NODEV == MOUNT_ATTR_NODEV
               && MS_NOEXEC == MOUNT_ATTR_NOEXEC, "mount flags are passed on as mount attributes");

int lx_child_open_bind(const char *source) {
    // A volume's content is not to be trusted: a link inside it must not lead elsewhere in the guest's tree.
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int path = (int)syscall(SYS_openat2, AT_FDCWD, source, &how, sizeof how);
    if (path < 0) lx_child_fail("open", source);
    int tree = open_tree(path, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
    if (tree < 0) lx_child_fail("bind", source);
    close(path);
    return tree;
}

int lx_attach(int tree, const char *path) {
    return move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
}

/// The flags take effect while the copy is still detached, so nobody ever sees it without them.
static void mount_bind(const struct lx_mount *mount, int tree) {
    struct stat facts;
    struct mount_attr attributes = {
        .attr_set = mount->flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC),
        .propagation = mount->flags & PROPAGATION,
    };
    if (fstat(tree, &facts) < 0) lx_child_fail("stat", mount->source);
    int made = S_ISDIR(facts.st_mode) ? lx_make_folders(mount->destination, 0, 0) : lx_make_file(mount->destination);
    if (made < 0) lx_child_fail("make mount point", mount->destination);
    if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) < 0
        || lx_attach(tree, mount->destination) < 0) {
        lx_child_fail("mount", mount->destination);
    }
    close(tree);
}

/// A link at /proc or /sys would let an image choose where the kernel's files appear, beside the masks for them.
static bool is_plain_folder(const char *path) {
    struct stat facts;
    if (lstat(path, &facts) < 0) return false;
    errno = ENOTDIR;
    return S_ISDIR(facts.st_mode);
}

static void mount_file_system(const struct lx_mount *entry) {
    const char *path = entry->destination, *type = entry->type;
    if (lx_make_folders(path, 0, 0) < 0) lx_child_fail("make mount point", path);
    bool kernel = strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0;
    if (kernel && !is_plain_folder(path)) lx_child_fail("mount", path);
    const char *source = entry->source != NULL ? entry->source : type;
    if (mount(source, path, type, entry->flags & ~(unsigned long)(PROPAGATION | MS_REC), entry->data) < 0) {
        lx_child_fail("mount", path);
    }
    unsigned long propagation = entry->flags & PROPAGATION;
    if (propagation != 0 && mount(NULL, path, NULL, propagation, NULL) < 0) lx_child_fail("propagation of", path);
}

void lx_child_mount(const struct lx_mount *mount, int tree) {
    if (mount->type == NULL) {
        mount_bind(mount, tree);
    } else {
        mount_file_system(mount);
    }
}

// MARK: Mount points

int lx_make_folders(const char *path, uid_t uid, gid_t gid) {
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0755) == 0) {
            if (lchown(part, uid, gid) < 0) return -1;
        } else if (errno != EEXIST) {
            return -1;
        }
    }
    return 0;
}

/// Where the name begins in a path: the length of the folder's part, with its last slash.
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/// Makes the parents of a path whose buffer it changes only meanwhile.
static int make_parents(char *path) {
    size_t length = folder_length(path);
    if (length <= 1) return 0;
    path[length - 1] = 0;
    int result = lx_make_folders(path, 0, 0);
    path[length - 1] = '/';
    return result;
}

/// Replaces a path by what the link there points to; fails with ENOENT's cause when it is no link.
static int follow_link(char path[PATH_MAX]) {
    char target[PATH_MAX];
    ssize_t count = readlink(path, target, sizeof target);
    if (count <= 0) return -1;
    size_t start = target[0] == '/' ? 0 : folder_length(path);
    if (start + (size_t)count >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path + start, target, (size_t)count);
    path[start + (size_t)count] = 0;
    return 0;
}

int lx_make_file(const char *wanted) {
    char path[PATH_MAX];
    size_t length = strlen(wanted);
    errno = ENAMETOOLONG;
    if (length >= sizeof path) return -1;
    memcpy(path, wanted, length + 1);
    // Images ship /etc/resolv.conf as a link into a /run that is empty: the file is made where the link points.
    for (int hop = 0; hop < MAX_HOPS; hop++) {
        if (make_parents(path) < 0) return -1;
        // O_PATH asks only whether something is there, whatever it is; opening it could block or have effects.
        int file = open(path, O_PATH | O_CLOEXEC);
        if (file < 0 && errno == ENOENT) file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        if (file >= 0) return close(file);
        if (errno != EEXIST || follow_link(path) < 0) return -1;
    }
    errno = ELOOP;
    return -1;
}
