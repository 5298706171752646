// Starting processes: the clones, and the order of a child's steps.
#include "CLinux.h"
#include "lx_guest_child.h"
#include <linux/sched.h>
#include <sched.h>

int lx_clone_into(uint64_t flags, int cgroup_fd, int exit_signal) {
    struct clone_args arguments = {.flags = flags, .exit_signal = (unsigned)exit_signal};
    if (cgroup_fd >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (unsigned)cgroup_fd;
    }
    return (int)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int lx_started(int pid, const int sockets[2], int *report) {
    int error = errno;
    close(sockets[1]);
    if (pid < 0) {
        close(sockets[0]);
        return -error;
    }
    *report = sockets[0];
    return pid;
}

static bool is_startable(const struct lx_process *process) {
    return process->argv != NULL && process->argv[0] != NULL && process->envp != NULL
        && process->seccomp_count <= LX_MAX_FILTER && process->group_count <= LX_MAX_GROUPS;
}

static bool has_few_binds(const struct lx_container *container) {
    size_t binds = 0;
    for (size_t i = 0; i < container->mount_count; i++) binds += container->mounts[i].type == NULL;
    return binds <= LX_MAX_BINDS;
}

_Noreturn static void run_container(const struct lx_container *container, const struct lx_process *process,
                                    int report) {
    lx_child_place_descriptors(process, report, -1);
    lx_child_reset(process);
    // Not a flag of clone3: there the new namespace's root would be the cgroup of the parent, not of the child.
    if (unshare(CLONE_NEWCGROUP) < 0) lx_child_fail("unshare cgroup namespace", NULL);
    lx_child_enter_root(container);
    lx_child_settle(process, true);
    lx_child_protect(container);
    lx_child_execute(process);
}

int lx_start_container(const struct lx_container *container, const struct lx_process *process, int cgroup_fd,
                       int *report) {
    *report = -1;
    if (!is_startable(process) || !has_few_binds(container)) return -EINVAL;
    int sockets[2];
    int error = lx_report_pair(sockets);
    if (error < 0) return error;
    uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_CLEAR_SIGHAND;
    int pid = lx_clone_into(flags, cgroup_fd, SIGCHLD);
    if (pid == 0) run_container(container, process, sockets[1]);
    return lx_started(pid, sockets, report);
}

/// Waits until the helper has told the pid, so that it is always the first report. Ends with the helper.
static void wait_for_helper(const int gate[2]) {
    char byte;
    close(gate[1]);
    ssize_t count;
    do count = read(gate[0], &byte, 1);
    while (count < 0 && errno == EINTR);
    if (count != 1) _exit(127);
    close(gate[0]);
}

/// The helper: enters the namespaces and leaves a process there as the guest's child. A pid namespace only takes
/// in children of the one that enters it, hence two clones; with CLONE_PARENT the exit signal is the helper's.
_Noreturn static void run_helper(int pidfd, const struct lx_process *process, int report) {
    int gate[2];
    lx_child_place_descriptors(process, report, pidfd);
    lx_child_reset(process);
    if (pipe2(gate, O_CLOEXEC) < 0) lx_child_fail("pipe", NULL);
    int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (setns(4, namespaces) < 0) lx_child_fail("setns", NULL);
    close(4);
    int pid = lx_clone_into(CLONE_PARENT, -1, 0);
    if (pid < 0) lx_child_fail("clone", NULL);
    if (pid > 0) {
        lx_child_report_pid(pid);
        _exit(write(gate[1], "", 1) == 1 ? 0 : 127);
    }
    wait_for_helper(gate);
    if (setsid() < 0) lx_child_fail("setsid", NULL);
    lx_child_settle(process, false);
    lx_child_execute(process);
}

int lx_start_in_container(int pidfd, const struct lx_process *process, int cgroup_fd, int *report) {
    *report = -1;
    if (!is_startable(process)) return -EINVAL;
    int sockets[2];
    int error = lx_report_pair(sockets);
    if (error < 0) return error;
    int pid = lx_clone_into(CLONE_CLEAR_SIGHAND, cgroup_fd, SIGCHLD);
    if (pid == 0) run_helper(pidfd, process, sockets[1]);
    return lx_started(pid, sockets, report);
}
