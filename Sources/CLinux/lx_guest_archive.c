// A container's changes as a layer: walks the upper folder of its overlay and writes it as an archive.
//
// The container is hostile and may run on meanwhile. Nothing is ever looked up by a path: each name is opened in its
// folder's descriptor without following links, and what was opened is what is asked and read. So a rename can make a
// thing be missed or met twice, but it cannot lead out of the upper folder.
#include "CLinux.h"
#include "lx_guest_archive.h"
#include "lx_guest_child.h"
#include <linux/sched.h>
#include <sys/xattr.h>

/// Linux's and the host's bound for a path; folders nest half as deep, one descriptor each.
#define LONGEST_PATH 4095
#define DESCRIPTORS 4096
/// Hard-linked files that are remembered at a time, about 6 MB; those beyond are written once for each name.
#define MOST_LINKED 65536
#define BUCKETS 4096
#define FREEZE_PATIENCE_MS 10000

static const char mark[] = ".wh.", opaque_mark[] = ".wh..wh..opq", private_prefix[] = "trusted.overlay.";
static char path[LONGEST_PATH + 1];
static char marked_path[LONGEST_PATH + sizeof opaque_mark + 1];

// MARK: Failure

_Noreturn void lx_archive_fail(const char *stage, const char *name) {
    char line[512];
    size_t used = 0;
    const char *parts[] = {" ", stage, " ", name};
    int error = errno;
    // errno has three digits at most.
    for (int divisor = 100; divisor > 0; divisor /= 10) {
        if (error >= divisor || divisor == 1) line[used++] = (char)('0' + error / divisor % 10);
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (const char *next = parts[i]; *next != 0 && used + 1 < sizeof line; next++) {
            line[used++] = *next >= 0 && *next < ' ' ? '?' : *next;
        }
    }
    line[used++] = '\n';
    // There is nobody to tell that this could not be told.
    if (write(STDERR_FILENO, line, used) < 0) _exit(2);
    _exit(1);
}

// MARK: Hard links

/// A file of several names that has been written, under the first of them.
struct linked {
    struct linked *next;
    ino_t inode;
    nlink_t names_left;
    char path[];
};

static struct linked *buckets[BUCKETS];
static unsigned linked_count;

/// Where a file was written before under another name, or NULL. The answer is good until the next call.
static const char *earlier_name(const struct stat *facts) {
    static char name[LONGEST_PATH + 1];
    for (struct linked **at = &buckets[facts->st_ino % BUCKETS]; *at != NULL; at = &(*at)->next) {
        struct linked *found = *at;
        if (found->inode != facts->st_ino) continue;
        memcpy(name, found->path, strlen(found->path) + 1);
        if (--found->names_left == 0) {
            *at = found->next;
            linked_count--;
            free(found);
        }
        return name;
    }
    return NULL;
}

static void remember(const struct stat *facts) {
    size_t length = strlen(path) + 1;
    struct linked *entry = linked_count < MOST_LINKED ? malloc(sizeof *entry + length) : NULL;
    if (entry == NULL) return;
    struct linked **bucket = &buckets[facts->st_ino % BUCKETS];
    *entry = (struct linked){.next = *bucket, .inode = facts->st_ino, .names_left = facts->st_nlink - 1};
    memcpy(entry->path, path, length);
    *bucket = entry;
    linked_count++;
}

// MARK: Attributes

/// The name under which /proc shows what a descriptor has open; links to it lead to the very thing, and no further.
static const char *magic_name(int file) {
    static char name[32] = "/proc/self/fd/";
    char *end = name + 14;
    if (file >= 1000) *end++ = (char)('0' + file / 1000 % 10);
    if (file >= 100) *end++ = (char)('0' + file / 100 % 10);
    if (file >= 10) *end++ = (char)('0' + file / 10 % 10);
    *end++ = (char)('0' + file % 10);
    *end = 0;
    return name;
}

/// overlayfs's own attributes do not belong into a layer, but two of them mean that the archive would be wrong.
/// Returns whether this one says that the folder hides what lies below it.
static bool hides_lower(const char *name, const char *value, size_t count) {
    const char *kind = name + sizeof private_prefix - 1;
    errno = EOPNOTSUPP;
    bool refers = strcmp(kind, "redirect") == 0 || strcmp(kind, "metacopy") == 0;
    if (refers) lx_archive_fail("archive what only refers to other layers,", path);
    return strcmp(kind, "opaque") == 0 && count == 1 && *value == 'y';
}

/// Takes the attributes of what is open. Returns whether it is a folder that hides what lies below it.
static bool take_attributes(int file) {
    static char names[XATTR_LIST_MAX], value[XATTR_SIZE_MAX];
    bool hides = false;
    lx_tar_clear_attributes();
    ssize_t length = listxattr(magic_name(file), names, sizeof names);
    if (length < 0 && errno != EOPNOTSUPP) lx_archive_fail("list the attributes of", path);
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
        const char *name = names + at;
        ssize_t count = getxattr(magic_name(file), name, value, sizeof value);
        if (count < 0 && errno == ENODATA) continue;
        if (count < 0) lx_archive_fail("read an attribute of", path);
        if (strncmp(name, private_prefix, sizeof private_prefix - 1) == 0) {
            hides |= hides_lower(name, value, (size_t)count);
        } else {
            lx_tar_attribute(name, value, (size_t)count, path);
        }
    }
    return hides;
}

// MARK: Members

/// Writes an empty file into the folder that the path begins with; its name is the mark and the name behind it.
static void write_mark(const char *kind, const char *name, size_t folder_length, const struct stat *facts) {
    struct lx_member member = {.path = marked_path, .link = "", .type = '0'};
    size_t kind_length = strlen(kind);
    memcpy(marked_path, path, folder_length);
    memcpy(marked_path + folder_length, kind, kind_length);
    memcpy(marked_path + folder_length + kind_length, name, strlen(name) + 1);
    member.facts.st_mode = 0600;
    member.facts.st_mtim = facts->st_mtim;
    lx_tar_clear_attributes();
    lx_tar_header(&member);
}

static void walk(int folder, size_t length);

static void write_file(int file, const struct lx_member *member) {
    int content = open(magic_name(file), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (content < 0) lx_archive_fail("open", path);
    lx_tar_header(member);
    lx_tar_content(content, (uint64_t)member->facts.st_size, path);
    close(content);
}

static void write_folder(int file, const struct lx_member *member, bool hides) {
    size_t length = strlen(path);
    int folder = openat(file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && errno == ENOENT) return;
    // One descriptor a level is enough: that for reading takes the place of the other.
    if (folder < 0 || dup3(folder, file, O_CLOEXEC) < 0) lx_archive_fail("open", path);
    close(folder);
    errno = ENAMETOOLONG;
    if (length == LONGEST_PATH) lx_archive_fail("name", path);
    path[length] = '/';
    path[++length] = 0;
    lx_tar_header(member);
    if (hides) write_mark(opaque_mark, "", length, &member->facts);
    walk(file, length);
}

static void write_link(int file, struct lx_member *member) {
    static char target[PATH_MAX];
    ssize_t length = readlinkat(file, "", target, sizeof target - 1);
    if (length < 0) lx_archive_fail("read", path);
    target[length] = 0;
    member->link = target;
    lx_tar_header(member);
}

/// Writes what is open under the path as a member.
static void write_member(int file, const struct stat *facts) {
    struct lx_member member = {.path = path, .link = "", .facts = *facts};
    bool several = facts->st_nlink > 1 && !S_ISDIR(facts->st_mode);
    const char *earlier = several ? earlier_name(facts) : NULL;
    if (earlier != NULL) {
        member.type = '1';
        member.link = earlier;
        lx_tar_clear_attributes();
        return lx_tar_header(&member);
    }
    if (several) remember(facts);
    bool hides = take_attributes(file);
    switch (facts->st_mode & S_IFMT) {
    case S_IFREG: member.type = '0'; return write_file(file, &member);
    case S_IFDIR: member.type = '5'; return write_folder(file, &member, hides);
    case S_IFLNK: member.type = '2'; return write_link(file, &member);
    case S_IFCHR: member.type = '3'; return lx_tar_header(&member);
    case S_IFBLK: member.type = '4'; return lx_tar_header(&member);
    default: member.type = '6'; return lx_tar_header(&member);
    }
}

// MARK: Walking

/// Writes what a folder has under a name; what has gone since the folder was read is passed over.
static void visit(int folder, const char *name, size_t length) {
    struct stat facts;
    size_t count = strlen(name);
    errno = ENAMETOOLONG;
    if (length + count > LONGEST_PATH) lx_archive_fail("name what lies in", path);
    memcpy(path + length, name, count + 1);
    int file = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) return;
    if (file < 0 || fstat(file, &facts) < 0) lx_archive_fail("open", path);
    errno = EINVAL;
    if (S_ISCHR(facts.st_mode) && facts.st_rdev == 0) {
        write_mark(mark, name, length, &facts);
    } else if (strncmp(name, mark, sizeof mark - 1) == 0) {
        // In a layer the name would delete another.
        lx_archive_fail("archive a name that marks a deletion,", path);
    } else if (!S_ISSOCK(facts.st_mode)) {
        write_member(file, &facts);
    }
    close(file);
}

/// Writes what is in a folder whose own path, with the slash behind it, has this length.
static void walk(int folder, size_t length) {
    _Alignas(struct dirent) char entries[2048];
    for (;;) {
        ssize_t count = syscall(SYS_getdents64, folder, entries, sizeof entries);
        path[length] = 0;
        // A folder that has been removed while it was open.
        if (count == 0 || (count < 0 && errno == ENOENT)) return;
        if (count < 0) lx_archive_fail("list", path);
        for (ssize_t at = 0; at < count; at += ((const struct dirent *)(entries + at))->d_reclen) {
            const char *name = ((const struct dirent *)(entries + at))->d_name;
            if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) visit(folder, name, length);
        }
    }
}

// MARK: The process

/// Waits until the kernel has stopped every process of the cgroup behind an event file.
static void wait_until_frozen(const char *events) {
    char text[256];
    int file = open(events, O_RDONLY | O_CLOEXEC);
    int64_t deadline = lx_uptime_us() + FREEZE_PATIENCE_MS * 1000LL;
    if (file < 0) lx_child_fail("open", events);
    for (;;) {
        ssize_t count = pread(file, text, sizeof text - 1, 0);
        if (count < 0) lx_child_fail("read", events);
        text[count] = 0;
        if (strstr(text, "frozen 1") != NULL) break;
        int64_t left = (deadline - lx_uptime_us()) / 1000;
        errno = ETIMEDOUT;
        if (left <= 0) lx_child_fail("pause the container", NULL);
        struct pollfd change = {.fd = file, .events = POLLPRI};
        poll(&change, 1, (int)left);
    }
    close(file);
}

_Noreturn static void run_archive(const char *folder, const char *events, const struct lx_process *process,
                                  int report) {
    struct rlimit limit = {DESCRIPTORS, DESCRIPTORS};
    lx_child_place_descriptors(process, report, -1);
    lx_child_reset(process);
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) lx_child_fail("setrlimit", NULL);
    if (events != NULL) wait_until_frozen(events);
    int root = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0) lx_child_fail("open", folder);
    // The end of the reports: from here on it is a process like others, that speaks on its standard streams.
    close(3);
    walk(root, 0);
    lx_tar_finish();
    _exit(0);
}

int lx_start_archive(const char *folder, const char *events, int output, int error, int *report) {
    const struct lx_process process = {.stdio = {-1, output, error}};
    int sockets[2];
    *report = -1;
    int result = lx_report_pair(sockets);
    if (result < 0) return result;
    int pid = lx_clone_into(CLONE_CLEAR_SIGHAND, -1, SIGCHLD);
    if (pid == 0) run_archive(folder, events, &process, sockets[1]);
    return lx_started(pid, sockets, report);
}
