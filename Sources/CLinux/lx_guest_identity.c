// What a process may do: limits, user, groups, capabilities, seccomp.
#include "CLinux.h"
#include "lx_guest_child.h"
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static void limit(const struct lx_process *process) {
    for (size_t i = 0; i < process->rlimit_count; i++) {
        struct rlimit64 value = {process->rlimits[i].soft, process->rlimits[i].hard};
        // The raw call: libc's type of the resource is an enum, and any number may have come from outside.
        if (syscall(SYS_prlimit64, 0, process->rlimits[i].resource, &value, NULL) < 0) lx_child_fail("setrlimit", NULL);
    }
}

/// Drops from the bounding set all that is not wanted. Returns the capabilities that this kernel knows.
static uint64_t bound(uint64_t wanted) {
    uint64_t known = 0;
    for (unsigned cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        uint64_t bit = UINT64_C(1) << cap;
        known |= bit;
        if ((wanted & bit) != 0) continue;
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) lx_child_fail("drop bounding capability", NULL);
    }
    return known;
}

/// The raw calls: libc's would make all threads follow, which takes locks.
static void change_user(const struct lx_process *process) {
    if (process->uid != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) lx_child_fail("prctl keepcaps", NULL);
    if (syscall(SYS_setgroups, process->group_count, process->groups) < 0) lx_child_fail("setgroups", NULL);
    gid_t gid = process->gid;
    if (syscall(SYS_setresgid, gid, gid, gid) < 0) lx_child_fail("setresgid", NULL);
    uid_t uid = process->uid;
    if (syscall(SYS_setresuid, uid, uid, uid) < 0) lx_child_fail("setresuid", NULL);
}

static void set_capabilities(const struct lx_process *process, uint64_t known) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    uint64_t effective = process->effective & known, permitted = process->permitted & known;
    uint64_t inheritable = process->inheritable & known;
    for (int i = 0; i < 2; i++) {
        data[i].effective = (uint32_t)(effective >> 32 * i);
        data[i].permitted = (uint32_t)(permitted >> 32 * i);
        data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
    }
    if (syscall(SYS_capset, &header, data) < 0) lx_child_fail("capset", NULL);
}

static void raise_ambient(uint64_t wanted) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) lx_child_fail("clear ambient capabilities", NULL);
    for (unsigned cap = 0; cap < 64; cap++) {
        if ((wanted >> cap & 1) == 0) continue;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0) lx_child_fail("raise ambient capability", NULL);
    }
}

void lx_child_filter(const struct lx_process *process) {
    if (process->seccomp == NULL || process->seccomp_count == 0) return;
    struct sock_fprog program = {
        .len = (unsigned short)process->seccomp_count, .filter = (struct sock_filter *)process->seccomp,
    };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) lx_child_fail("seccomp", NULL);
}

void lx_child_become(const struct lx_process *process) {
    limit(process);
    uint64_t known = bound(process->bounding);
    // Without no_new_privs a filter takes CAP_SYS_ADMIN, so it comes before that goes.
    if (!process->no_new_privileges) lx_child_filter(process);
    change_user(process);
    set_capabilities(process, known);
    raise_ambient(process->ambient & known);
    if (process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        lx_child_fail("prctl no_new_privs", NULL);
    }
}
