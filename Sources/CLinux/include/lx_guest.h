// Shims that only the guest (PID 1 of a microVM) uses. The guest is single-threaded.
#pragma once
#include "lx_common.h"
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

// MARK: Starting a process (lx_guest_child.c and the steps in lx_guest_child.h)

/// One mount of a container, made after pivot_root, in order; missing mount points are created.
struct lx_mount {
    const char *destination; ///< absolute, inside the container
    const char *type;        ///< file system type; NULL for a bind mount
    const char *source;      ///< device or source; for a bind mount a path of the guest's own tree
    const char *data;        ///< file system options, may be NULL
    unsigned long flags;     ///< MS_*
};

struct lx_sysctl {
    const char *path;  ///< below /proc/sys, with slashes
    const char *value;
};

struct lx_rlimit {
    int resource;
    uint64_t soft, hard;
};

/// What a process is: who it runs as, what it may do, what it executes.
struct lx_process {
    char *const *argv;
    char *const *envp;
    const char *cwd;              ///< created when it is missing, as WORKDIR is
    uint32_t uid, gid;
    const uint32_t *groups;       ///< supplementary groups
    size_t group_count;
    uint64_t bounding, effective, permitted, inheritable, ambient; ///< capability sets
    const struct lx_rlimit *rlimits;
    size_t rlimit_count;
    const void *seccomp;          ///< struct sock_filter[], may be NULL
    size_t seccomp_count;         ///< instructions
    bool no_new_privileges;
    bool terminal;                ///< a pty from the container's own devpts
    uint16_t rows, columns;
    int oom_score_adjust;
    int stdio[3];                 ///< descriptors for 0, 1, 2; not used with a terminal
};

/// What a container is, for its first process.
struct lx_container {
    const char *root;             ///< the mounted overlay in the guest's tree
    const char *hostname;
    const struct lx_mount *mounts;
    size_t mount_count;
    const char *const *masked;    ///< covered: files by /dev/null, folders by an empty read-only tmpfs
    size_t masked_count;
    const char *const *readonly;
    size_t readonly_count;
    const struct lx_sysctl *sysctls;
    size_t sysctl_count;
    bool root_readonly;
};

/// Where a started child tells of itself: one message per fact, then end of file when exec succeeded.
struct lx_report {
    int32_t kind;   ///< enum lx_report_kind
    int32_t pid;    ///< LX_REPORT_PID: the process in the guest's pid namespace
    int32_t error;  ///< LX_REPORT_FAILED: errno
    char stage[52]; ///< LX_REPORT_FAILED: what was being done
};

enum lx_report_kind {
    LX_REPORT_PID = 1,      ///< an exec's real pid (its helper exits at once)
    LX_REPORT_TERMINAL = 2, ///< carries the pty's master as SCM_RIGHTS
    LX_REPORT_FAILED = 3,
};

/// [fork] Starts a container's first process in new pid, mount, ipc, uts and cgroup namespaces, inside the
/// cgroup whose folder is open as cgroup_fd. Returns the pid or -errno; *report is the socket to read reports from.
int lx_start_container(const struct lx_container *container, const struct lx_process *process, int cgroup_fd,
                       int *report);

/// [fork] Starts a further process inside the namespaces of the one behind pidfd. The helper's pid is returned;
/// the real pid arrives as LX_REPORT_PID and is a child of the caller (CLONE_PARENT).
int lx_start_in_container(int pidfd, const struct lx_process *process, int cgroup_fd, int *report);

/// [fork] Starts a process that writes what is in the upper folder of an overlay to the descriptor output, as a tar
/// archive with a layer's marks for deletions. With events, a cgroup's file of that name, it begins when the cgroup is
/// frozen; the report socket ends when it begins. It ends with 0, or with 1 and a line on error: errno, a blank, what
/// failed. Returns the pid or -errno.
int lx_start_archive(const char *folder, const char *events, int output, int error, int *report);

/// Reads one report without waiting: 1 with *out (and *fd for a terminal, else -1), 0 at end of file, -errno (-EAGAIN).
int lx_read_report(int socket, struct lx_report *out, int *fd);

// MARK: Devices (lx_guest_devices.c)

/// [wrapper] Lets the processes of a cgroup (its folder's descriptor) and of those below it use none but the harmless
/// device files, whatever nodes they make. Returns 0 or -errno.
int lx_restrict_devices(int cgroup_fd);

// MARK: Disks (lx_guest_disks.c)

/// [variadic] Tells the kernel of a partition: bytes of a disk, by its device node. Returns 0, also when there is one
/// of that number already, or -errno.
int lx_add_partition(const char *disk, int number, int64_t start, int64_t length);

// MARK: Network (lx_guest_net.c)

/// The name of the link with this number, until the next call; NULL when there is none. Numbers begin with 1.
const char *lx_link_name(int index);

/// Reads an Ethernet link's hardware address. Returns 0 or -errno.
int lx_link_address(const char *name, uint8_t address[6]);

/// Gives an Ethernet link a hardware address. Returns 0 or -errno.
int lx_link_address_set(const char *name, const uint8_t address[6]);

/// Sets the size of a link's largest packet. Returns 0 or -errno.
int lx_link_mtu_set(const char *name, uint32_t mtu);

/// Brings a link up. Returns 0 or -errno.
int lx_link_start(const char *name);

/// Adds an address (4 or 16 bytes) with its prefix length to a link. EEXIST counts as success.
int lx_address_add(const char *name, const uint8_t *address, size_t length, uint8_t prefix);

/// Adds a route; destination may be NULL for the default route, gateway NULL for an on-link one.
/// EEXIST counts as success.
int lx_route_add(const char *name, const uint8_t *destination, uint8_t prefix, const uint8_t *gateway, size_t length);

/// A netlink socket (non-blocking) that gets the kernel's uevents, or -errno.
int lx_uevent_socket(void);

/// Reads one uevent of the kernel without waiting; messages that processes of the pod sent are dropped.
/// Returns its length (fields end with NUL), or -errno (-EAGAIN when there is none).
int lx_read_uevent(int fd, void *buffer, size_t size);

// MARK: Renewal and identity (lx_guest_renewal.c)

/// An argument of this program, or NULL when there are fewer; an Embedded Swift program sees none itself.
const char *lx_argument(int index);

/// How many descriptors this program keeps when it executes itself anew.
enum { LX_KEPT = 3 };

/// Executes this program anew with the arguments "renewed" and the numbers of the LX_KEPT descriptors, which are the
/// only ones above the standard ones that stay open. Returns -errno when it could not.
int lx_execute_anew(const int *kept);

/// [variadic] Closes the descriptor in every program that a child executes. Returns 0 or -errno.
int lx_keep_from_children(int descriptor);

/// [wrapper] Draws up to 256 bytes from the kernel's generator. Returns 0 or -errno.
int lx_fresh_random(void *bytes, size_t count);

/// [wrapper] The 16 random bytes that the kernel gave this program (AT_RANDOM).
const uint8_t *lx_program_random(void);

/// [macro] An address on the stack.
uint64_t lx_stack_address(void);

/// [wrapper] The wall clock, nanoseconds since 1970.
int64_t lx_realtime_ns(void);

// MARK: The rest (lx_guest.c)

/// Blocks SIGCHLD and SIGIO and returns a non-blocking signalfd that delivers them, or -errno.
int lx_signal_fd(void);

/// Drains the signalfd. Returns bit 0 for SIGCHLD and bit 1 for SIGIO.
int lx_drain_signals(int fd);

/// Asks for SIGIO when the descriptor's state changes. Returns 0 or -errno.
int lx_request_sigio(int fd);

/// Credits entropy to the kernel's pool and reseeds its generator at once. Returns 0 or -errno.
int lx_reseed(const void *bytes, size_t count);

/// Sets the wall clock to nanoseconds since 1970. Returns 0 or -errno.
int lx_set_clock(int64_t nanoseconds);

/// Loads a kernel module from a file. Returns 0 (also when it is loaded already) or -errno.
int lx_load_module(const char *path);

/// Opens a path below a folder as if the folder were the root (openat2 RESOLVE_IN_ROOT), never a device or fifo
/// that would block (O_NONBLOCK is added, and anything but a regular file or folder is refused with -EINVAL).
int lx_open_in_root(int root, const char *path, int flags, mode_t mode);

/// Folds the initramfs into an ordinary mount, so that pivot_root works later. Returns 0 or -errno.
int lx_leave_initramfs(void);

/// Turns the machine off; does not return.
void lx_power_off(void) __attribute__((noreturn));

/// Reaps one child without waiting: its pid with *status (wait(2) form), 0 when none is ready, -errno.
int lx_reap(int *status);

/// [macro] 1 when the status is a normal exit.
static inline int lx_exited(int status) { return WIFEXITED(status); }
/// [macro] The exit code of a normal exit.
static inline int lx_exit_code(int status) { return WEXITSTATUS(status); }
/// [macro] The signal that ended the process.
static inline int lx_term_signal(int status) { return WTERMSIG(status); }
// lx_pidfd_open and lx_pidfd_signal are shared with the host: lx_host.h.
/// [variadic] Sets a terminal's size: 0 or -errno.
int lx_set_window_size(int fd, uint16_t rows, uint16_t columns);
/// Monotonic time in microseconds (CLOCK_BOOTTIME).
static inline int64_t lx_uptime_us(void) {
    struct timespec t;
    // The raw call: in a program that has just been executed, the pages that libc's way reads must be mapped first.
    syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
/// A folder entry's name (its array member is not imported).
static inline const char *lx_entry_name(const struct dirent *entry) { return entry->d_name; }
