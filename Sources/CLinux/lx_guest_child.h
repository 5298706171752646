// What the steps of a started child share. Everything here runs after clone: no malloc, no stdio, no locks.
#pragma once
#include "lx_guest.h"

/// Bounds the descriptors that a child holds while it changes its root.
#define LX_MAX_BINDS 64
/// The longest seccomp program that the kernel takes (BPF_MAXINSNS).
#define LX_MAX_FILTER 4096
/// The most supplementary groups that the kernel takes (NGROUPS_MAX).
#define LX_MAX_GROUPS 65536

// MARK: Clones (lx_guest_child.c)

/// clone3(2) without CLONE_VM: returns twice, like fork. A cgroup of -1 keeps the caller's.
int lx_clone_into(uint64_t flags, int cgroup_fd, int exit_signal);

/// The parent's side after a clone: keeps its own end of the report sockets, or neither when the clone failed.
int lx_started(int pid, const int sockets[2], int *report);

// MARK: Reports (lx_guest_report.c)

/// Makes a connected pair of report sockets, the first (the guest's) non-blocking. Returns 0 or -errno.
int lx_report_pair(int sockets[2]);

/// Names the socket that this child reports to.
void lx_child_report_to(int socket);

/// Reports the failed step with the present errno and ends the child. detail (a path, or NULL) follows the stage.
_Noreturn void lx_child_fail(const char *stage, const char *detail);

/// Tells the pid of an exec's real process.
void lx_child_report_pid(int pid);

/// Hands the pty's master over.
void lx_child_report_terminal(int master);

// MARK: Container (lx_guest_container.c, lx_guest_mount.c)

/// Moves the child into its own root with everything that is mounted there.
void lx_child_enter_root(const struct lx_container *container);

/// Covers masked paths, write-protects read-only ones, and last of all the root.
void lx_child_protect(const struct lx_container *container);

/// Makes the nodes and links of a fresh /dev.
void lx_child_fill_dev(void);

/// Opens a detached copy of what is mounted at a path of the guest's tree.
int lx_child_open_bind(const char *source);

/// Makes one mount inside the new root; tree is the detached copy of a bind mount, else -1.
void lx_child_mount(const struct lx_mount *mount, int tree);

/// Puts a detached mount at a path. Returns 0, or -1 with errno.
int lx_attach(int tree, const char *path);

/// mkdir -p; folders that it makes belong to uid and gid. Returns 0, or -1 with errno.
int lx_make_folders(const char *path, uid_t uid, gid_t gid);

/// Makes an empty file where there is none, with its parents; follows links that point nowhere yet.
int lx_make_file(const char *path);

// MARK: Process (lx_guest_process.c, lx_guest_identity.c)

/// Puts the stdio at 0, 1, 2, the report socket at 3 and keep (unless -1) at 4, and closes everything else.
/// The guest's own descriptors must not be there for /proc/self/fd/N when paths of an image are walked.
void lx_child_place_descriptors(const struct lx_process *process, int report, int keep);

/// Puts the state that a child inherits from the guest back to what a fresh process expects.
void lx_child_reset(const struct lx_process *process);

/// Gives the process its working folder and its terminal; console says whether /dev/console shows it too.
void lx_child_settle(const struct lx_process *process, bool console);

/// Takes on user, limits and capabilities, and executes. Needs nothing of the guest any more.
_Noreturn void lx_child_execute(const struct lx_process *process);

/// Limits, user, groups, capabilities and no_new_privs.
void lx_child_become(const struct lx_process *process);

/// Installs the seccomp filter, if there is one.
void lx_child_filter(const struct lx_process *process);
