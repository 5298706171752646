#include "lx_host_jail.h"
#include <linux/sched.h>
#include <pthread.h>
#include <sys/prctl.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

// The child below runs between clone and exec: async-signal-safe calls only.

static void child_fail(int report, int stage) {
    int message[2] = {stage, errno};
    (void)!write(report, message, sizeof message);
    _exit(127);
}

// Targets may also be sources, so every source first moves out of the targets' way.
static int child_descriptors(const struct lx_spawn_args *args, int *report) {
    int top = 2, moved[LX_SPAWN_MAX_DESCRIPTORS];
    for (int i = 0; i < args->descriptors; i++)
        if (args->targets[i] > top) top = args->targets[i];
    if ((*report = fcntl(*report, F_DUPFD_CLOEXEC, top + 1)) < 0) return -1;
    for (int i = 0; i < args->descriptors; i++)
        if ((moved[i] = fcntl(args->sources[i], F_DUPFD_CLOEXEC, top + 1)) < 0) return -1;
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return -1;
    for (int i = 0; i < args->descriptors; i++)
        if (dup2(moved[i], args->targets[i]) < 0) return -1;
    return 0;
}

// In its own PID namespace the child cannot ask for the number that its parent knows it by. A parent that has died
// tells none, and then there is nobody to start a program for.
static int child_number(int report) {
    int pid;
    ssize_t count;
    do count = read(report, &pid, sizeof pid); while (count < 0 && errno == EINTR);
    if (count != sizeof pid) _exit(127);
    return pid;
}

static void child_jail(const struct lx_jail *jail, int pid, int report) {
    int stage;
    if (lx_jail_enter(jail, pid, &stage) < 0) child_fail(report, stage);
}

static void child_main(const struct lx_spawn_args *args, int report) {
    int pid = child_number(report);
    // A daemon ignores SIGPIPE; an ignored signal would stay ignored in the new program.
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    for (int i = 0; i < args->cgroup_count; i++)
        if (write(args->cgroups[i], "0", 1) != 1) child_fail(report, LX_STAGE_CGROUP);
    if (child_descriptors(args, &report) < 0) child_fail(report, LX_STAGE_DESCRIPTORS);
    if (args->new_session && setsid() < 0) child_fail(report, LX_STAGE_SESSION);
    for (int i = 0; i < args->limit_count; i++) {
        struct rlimit limit = {args->limits[i].value, args->limits[i].value};
        if (setrlimit(args->limits[i].resource, &limit) < 0) child_fail(report, LX_STAGE_LIMIT);
    }
    if (args->no_thp && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0) child_fail(report, LX_STAGE_PRCTL);
    if (args->jail) child_jail(args->jail, pid, report);
    if (args->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) child_fail(report, LX_STAGE_PRCTL);
    if (args->ignore_hole_punching && lx_ignore_hole_punching() < 0) child_fail(report, LX_STAGE_FILTER);
    if (args->directory && chdir(args->directory) < 0) child_fail(report, LX_STAGE_DIRECTORY);
    execve(args->path, args->argv, args->envp);
    child_fail(report, LX_STAGE_EXEC);
}

// Tells the child its number; then waits for its exec, which closes the socket, or for its report of a failure.
static int parent_wait(int report, int pid, int *pidfd, int *stage) {
    int message[2];
    ssize_t count;
    (void)!send(report, &pid, sizeof pid, MSG_NOSIGNAL);
    do count = read(report, message, sizeof message); while (count < 0 && errno == EINTR);
    close(report);
    if (count != sizeof message) return pid;
    siginfo_t info;
    waitid((idtype_t)P_PIDFD, (id_t)*pidfd, &info, WEXITED);
    close(*pidfd);
    *stage = message[0];
    return -message[1];
}

int lx_spawn(const struct lx_spawn_args *args, int *pidfd, int *stage) {
    int report[2];
    *stage = LX_STAGE_NONE;
    if (args->descriptors > LX_SPAWN_MAX_DESCRIPTORS) return -E2BIG;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, report) < 0) return -errno;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    struct clone_args clone = {0};
    clone.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (args->jail ? lx_jail_namespaces : 0);
    clone.exit_signal = SIGCHLD;
    clone.pidfd = (uint64_t)(uintptr_t)pidfd;
    long pid = syscall(SYS_clone3, &clone, sizeof clone);
    if (pid == 0) {
        close(report[0]);
        child_main(args, report[1]);
    }
    int failure = errno;
    pthread_sigmask(SIG_SETMASK, &old, 0);
    close(report[1]);
    if (pid > 0) return parent_wait(report[0], (int)pid, pidfd, stage);
    close(report[0]);
    if (args->jail) *stage = LX_STAGE_NAMESPACES;
    return -failure;
}

int lx_pidfd_reap(int fd, int *code, int *status) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid((idtype_t)P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0) return -1;
    if (info.si_pid == 0) return 0;
    *code = info.si_code;
    *status = info.si_status;
    return 1;
}

static int epoll_once(int epoll, int operation, int fd, uint64_t id) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = id}};
    return epoll_ctl(epoll, operation, fd, &event);
}

int lx_epoll_add_once(int epoll, int fd, uint64_t id) { return epoll_once(epoll, EPOLL_CTL_ADD, fd, id); }
int lx_epoll_rearm(int epoll, int fd, uint64_t id) { return epoll_once(epoll, EPOLL_CTL_MOD, fd, id); }

int lx_epoll_wait(int epoll, uint64_t *ids, int capacity, int timeout_ms) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, timeout_ms);
    for (int i = 0; i < count; i++) ids[i] = events[i].data.u64;
    return count;
}

ssize_t lx_send_descriptors(int socket, const void *bytes, size_t count, const int *fds, int fd_count) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 16)];
    } control;
    if (fd_count < 0 || fd_count > 16) { errno = EINVAL; return -1; }
    memset(&control, 0, sizeof control);
    struct iovec vector = {(void *)bytes, count};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (fd_count == 0) return sendmsg(socket, &message, MSG_NOSIGNAL);
    message.msg_control = control.space;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fd_count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fd_count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)fd_count);
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

int lx_unix_address(int socket, const char *path, int connecting) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) { errno = ENAMETOOLONG; return -1; }
    strcpy(address.sun_path, path);
    const struct sockaddr *generic = (const struct sockaddr *)&address;
    return connecting ? connect(socket, generic, sizeof address) : bind(socket, generic, sizeof address);
}

int lx_thread_start(void *(*body)(void *), void *argument) {
    sigset_t blocked, before;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGTTIN);
    sigdelset(&blocked, SIGTTOU);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    pthread_t thread;
    int result = pthread_create(&thread, NULL, body, argument);
    if (result == 0) pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}
