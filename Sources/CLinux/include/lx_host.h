// Shims that only the host's target Linux uses.
#pragma once
#include "lx_common.h"
#include "lx_host_jail.h"
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

/// One resource limit (setrlimit(2)), soft and hard alike.
struct lx_limit {
    int resource;
    uint64_t value;
};

/// Most descriptors a child can be given; the child keeps them in an array on its stack.
enum { LX_SPAWN_MAX_DESCRIPTORS = 512 };

/// What lx_spawn's child was doing when it failed.
enum lx_spawn_stage {
    LX_STAGE_NONE, LX_STAGE_DESCRIPTORS, LX_STAGE_CGROUP, LX_STAGE_SESSION, LX_STAGE_LIMIT, LX_STAGE_PRCTL,
    LX_STAGE_DIRECTORY, LX_STAGE_FILTER, LX_STAGE_EXEC, LX_STAGE_NAMESPACES, LX_STAGE_JAIL_MOUNT, LX_STAGE_JAIL_ROOT,
    LX_STAGE_JAIL_IDENTITY
};

/// Spawn description; the parent prepares every pointer before the clone.
struct lx_spawn_args {
    const char *path;
    char *const *argv;
    char *const *envp;
    const char *directory;            // working directory, or null to inherit it
    const int *sources, *targets;     // descriptor sources[i] becomes targets[i]; nothing else is inherited
    int descriptors;
    const int *cgroups;               // open cgroup.procs files that the child joins before exec
    int cgroup_count;
    const struct lx_limit *limits;
    int limit_count;
    const struct lx_jail *jail;       // or null; a jailed child's working directory is its root
    int new_session, no_thp, no_new_privileges, ignore_hole_punching;
};

/// [fork] Makes fallocate(2) answer 0 to hole punching without doing it, and EOPNOTSUPP to plain allocation, for good.
int lx_ignore_hole_punching(void);

/// [fork] Starts a program. Returns its pid and sets *pidfd; on failure returns -errno and sets *stage.
int lx_spawn(const struct lx_spawn_args *args, int *pidfd, int *stage);

/// [wrapper] pidfd_open(2); glibc has it since 2.36 but its header clashes with linux/fcntl.h in a module.
static inline int lx_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/// [wrapper] pidfd_send_signal(2).
static inline int lx_pidfd_signal(int fd, int signal) { return (int)syscall(SYS_pidfd_send_signal, fd, signal, 0, 0); }

/// [macro] Reaps the child behind a pidfd. Returns 1 and sets *code (CLD_*) and *status, 0 while it runs, -1 if it is
/// no child of ours.
int lx_pidfd_reap(int fd, int *code, int *status);

/// [variadic] Duplicates a descriptor, close-on-exec.
static inline int lx_dup(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

/// [variadic] Adds seals to a file in memory (F_ADD_SEALS).
static inline int lx_add_seals(int fd, int seals) { return fcntl(fd, F_ADD_SEALS, seals); }

/// [variadic] The seals of a file in memory, or -1.
static inline int lx_seals(int fd) { return fcntl(fd, F_GET_SEALS); }

/// [variadic] Sets how many bytes a pipe holds (F_SETPIPE_SZ). Returns -1 where the user's share is used up.
static inline int lx_set_pipe_size(int fd, int bytes) { return fcntl(fd, F_SETPIPE_SZ, bytes); }

/// [macro] epoll_ctl(2) for one wake-up on readability; the union in epoll_event carries `id`.
int lx_epoll_add_once(int epoll, int fd, uint64_t id);

/// [macro] Ends a descriptor's watch.
static inline int lx_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

/// [macro] Arms a descriptor again that woke lx_epoll_add_once's waiter.
int lx_epoll_rearm(int epoll, int fd, uint64_t id);

/// [macro] epoll_wait(2); fills `ids` with what lx_epoll_add_once was given. Returns their count or -1.
int lx_epoll_wait(int epoll, uint64_t *ids, int capacity, int timeout_ms);

/// [macro] sendmsg(2) of some bytes with descriptors attached (SCM_RIGHTS). Returns the bytes sent or -1.
ssize_t lx_send_descriptors(int socket, const void *bytes, size_t count, const int *fds, int fd_count);

/// The most descriptors that lx_receive_descriptors takes at once.
#define LX_MOST_DESCRIPTORS 16

/// [macro] recvmsg(2) without waiting; `fds` has room for LX_MOST_DESCRIPTORS, which are close-on-exec and the caller's.
/// Returns the bytes received, 0 at the end, or -1.
ssize_t lx_receive_descriptors(int socket, void *bytes, size_t count, int *fds, int *fd_count);

/// [wrapper] accept4(2), close-on-exec and non-blocking.
int lx_accept(int socket);

/// [macro] Binds (or with `connecting` connects) a unix socket; the sun_path array does not import usefully.
int lx_unix_address(int socket, const char *path, int connecting);

/// [wrapper] The processor's time stamp counter, 0 where there is none.
static inline uint64_t lx_rdtsc(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

/// [macro] Starts a detached thread that takes no signals but the job control's; sigset_t and pthread_create together
/// crash the Swift 6.3 compiler. Returns 0 or an errno.
int lx_thread_start(void *(*body)(void *), void *argument);
