// A process on its way to exec: its descriptors, its terminal, its folder, its program.
#include "CLinux.h"
#include "lx_guest_child.h"
#include <limits.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>

// MARK: Descriptors

/// A copy of a descriptor above all the places that are about to be filled.
static int copy_above(int descriptor) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 8);
    if (copy < 0) lx_child_fail("duplicate descriptor", NULL);
    return copy;
}

static int stdio_source(const struct lx_process *process, int index) {
    int descriptor = process->terminal ? -1 : process->stdio[index];
    if (descriptor >= 0) return descriptor;
    descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (descriptor < 0) lx_child_fail("open", "/dev/null");
    return descriptor;
}

void lx_child_place_descriptors(const struct lx_process *process, int report, int keep) {
    int sources[5];
    lx_child_report_to(report);
    sources[3] = copy_above(report);
    lx_child_report_to(sources[3]);
    sources[4] = keep < 0 ? -1 : copy_above(keep);
    for (int i = 0; i < 3; i++) sources[i] = copy_above(stdio_source(process, i));
    int count = keep < 0 ? 4 : 5;
    for (int i = 0; i < count; i++) {
        if (dup3(sources[i], i, i < 3 ? 0 : O_CLOEXEC) < 0) lx_child_fail("place descriptor", NULL);
    }
    lx_child_report_to(3);
    if (syscall(SYS_close_range, count, ~0U, 0) < 0) lx_child_fail("close_range", NULL);
}

/// The null device in the container's own tree takes the place of the guest's, which has no path there.
static void reopen_null(const struct lx_process *process) {
    struct stat facts;
    for (int i = 0; i < 3; i++) {
        if (process->stdio[i] >= 0) continue;
        int null = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
        if (null < 0) return;
        bool genuine = fstat(null, &facts) == 0 && S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(1, 3);
        if (genuine && dup2(null, i) < 0) lx_child_fail("place descriptor", NULL);
        close(null);
    }
}

/// A program that opens /dev/stdout anew needs to own the pipe behind it.
static void own_stdio(uid_t uid) {
    struct stat facts;
    for (int i = 0; i < 3; i++) {
        if (fstat(i, &facts) < 0 || !(S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode))) continue;
        if (fchown(i, uid, (gid_t)-1) < 0) lx_child_fail("chown stdio", NULL);
    }
}

// MARK: Inherited state

/// CLONE_CLEAR_SIGHAND resets handlers only: an ignored signal would stay so in the container.
static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int signal = 1; signal <= SIGRTMAX; signal++) sigaction(signal, &standard, NULL);
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0) lx_child_fail("sigprocmask", NULL);
}

/// Written into the guest's /proc: the container's may be missing or read-only.
static void adjust_oom_score(int value) {
    char text[16];
    size_t at = sizeof text;
    unsigned magnitude = value < 0 ? 0U - (unsigned)value : (unsigned)value;
    do text[--at] = (char)('0' + magnitude % 10);
    while ((magnitude /= 10) != 0);
    if (value < 0) text[--at] = '-';
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    ssize_t count = (ssize_t)(sizeof text - at);
    if (file < 0 || write(file, text + at, (size_t)count) != count) lx_child_fail("write oom_score_adj", NULL);
    close(file);
}

void lx_child_reset(const struct lx_process *process) {
    reset_signals();
    umask(0022);
    // The container must not look into what is still the guest's program; exec makes it dumpable again.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) lx_child_fail("prctl dumpable", NULL);
    if (setsid() < 0) lx_child_fail("setsid", NULL);
    adjust_oom_score(process->oom_score_adjust);
}

// MARK: Terminal and folder

/// Shows the terminal as /dev/console too, as programs that log there expect it.
static void show_as_console(int terminal) {
    int tree = open_tree(terminal, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0 || lx_make_file("/dev/console") < 0 || lx_attach(tree, "/dev/console") < 0) {
        lx_child_fail("mount", "/dev/console");
    }
    close(tree);
}

/// Opens a new pty of the container's devpts and tells the guest its master. Returns the other end.
static int open_terminal(const struct lx_process *process) {
    int unlocked = 0;
    int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0) lx_child_fail("open", "/dev/pts/ptmx");
    int terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) lx_child_fail("open terminal", NULL);
    int error = lx_set_window_size(terminal, process->rows, process->columns);
    errno = -error;
    if (error < 0 || fchown(terminal, process->uid, (gid_t)-1) < 0) lx_child_fail("set up terminal", NULL);
    lx_child_report_terminal(master);
    close(master);
    return terminal;
}

static void take_terminal(const struct lx_process *process, bool console) {
    int terminal = open_terminal(process);
    if (console) show_as_console(terminal);
    for (int i = 0; i < 3; i++) {
        if (dup2(terminal, i) < 0) lx_child_fail("place descriptor", NULL);
    }
    close(terminal);
    if (ioctl(0, TIOCSCTTY, 0) < 0) lx_child_fail("take terminal", NULL);
}

/// Enters the working folder with all privileges: its user may have none on the way to it, as with /root.
/// A container's first process finds its folder made, as WORKDIR promises; a further one has to name one that is there.
static void enter_folder(const struct lx_process *process, bool is_first) {
    const char *path = process->cwd != NULL && process->cwd[0] != 0 ? process->cwd : "/";
    if (chdir(path) == 0) return;
    if (errno != ENOENT || !is_first) lx_child_fail("chdir", path);
    if (lx_make_folders(path, process->uid, process->gid) < 0) lx_child_fail("make folder", path);
    if (chdir(path) < 0) lx_child_fail("chdir", path);
}

void lx_child_settle(const struct lx_process *process, bool console) {
    enter_folder(process, console);
    if (process->terminal) {
        take_terminal(process, console);
    } else {
        reopen_null(process);
        own_stdio(process->uid);
    }
}

// MARK: Program

static const char *search_path(char *const *environment) {
    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, "PATH=", 5) == 0) return *environment + 5;
    }
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/// Tries the program in one folder of PATH; an empty one means the working folder. Sets errno.
static void try_folder(const char *folder, size_t length, const struct lx_process *process) {
    char path[PATH_MAX];
    size_t name = strlen(process->argv[0]);
    errno = ENAMETOOLONG;
    if (length + name + 2 > sizeof path) return;
    memcpy(path, folder, length);
    if (length > 0) path[length++] = '/';
    memcpy(path + length, process->argv[0], name + 1);
    execve(path, process->argv, process->envp);
}

/// Whether the search may go on after this error: the program may still be in a later folder.
static bool is_elsewhere(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ENAMETOOLONG || error == ELOOP;
}

/// Executes the first match in PATH. That one folder refused says more than that others have nothing.
static void search_and_execute(const struct lx_process *process) {
    const char *folder = search_path(process->envp);
    bool refused = false;
    for (;;) {
        size_t length = strcspn(folder, ":");
        try_folder(folder, length, process);
        if (!is_elsewhere(errno)) return;
        refused |= errno == EACCES;
        if (folder[length] == 0) break;
        folder += length + 1;
    }
    errno = refused ? EACCES : ENOENT;
}

_Noreturn void lx_child_execute(const struct lx_process *process) {
    lx_child_become(process);
    if (syscall(SYS_close_range, 3, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) < 0) lx_child_fail("close_range", NULL);
    // Last of all, as the filter need not allow anything but exec; possible thanks to no_new_privs only.
    if (process->no_new_privileges) lx_child_filter(process);
    const char *program = process->argv[0];
    if (program[0] == 0) {
        errno = ENOENT;
    } else if (strchr(program, '/') != NULL) {
        execve(program, process->argv, process->envp);
    } else {
        search_and_execute(process);
    }
    lx_child_fail("exec", NULL);
}
