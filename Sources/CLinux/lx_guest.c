// The guest's machine: signals, randomness, clock, modules, files, power.
#include "CLinux.h"
#include <linux/openat2.h>
#include <linux/random.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>

/// More than any seed that the host sends.
#define MAX_SEED 512
/// RESOLVE_IN_ROOT fails with EAGAIN when a rename crosses it; a container that renames on and on must not hold us.
#define MAX_RESOLVE_ATTEMPTS 16

// MARK: Signals

int lx_signal_fd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGIO);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int lx_drain_signals(int fd) {
    struct signalfd_siginfo info;
    int seen = 0;
    // Ends: each of the two signals is pending once at most, however often it was sent.
    while (read(fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) seen |= 1;
        if (info.ssi_signo == SIGIO) seen |= 2;
    }
    return seen;
}

int lx_request_sigio(int fd) {
    if (fcntl(fd, F_SETOWN, getpid()) < 0) return -errno;
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_ASYNC) < 0 ? -errno : 0;
}

int lx_reap(int *status) {
    pid_t pid;
    do pid = waitpid(-1, status, WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (pid < 0) return errno == ECHILD ? 0 : -errno;
    return pid;
}

// MARK: Kernel

/// Adds the bytes as full entropy, then has the generator draw on them now rather than minutes later.
static int add_entropy(int device, const void *bytes, size_t count) {
    union {
        struct rand_pool_info info;
        char room[sizeof(struct rand_pool_info) + MAX_SEED];
    } seed = {.info = {.entropy_count = (int)count * 8, .buf_size = (int)count}};
    memcpy(seed.info.buf, bytes, count);
    int result = ioctl(device, RNDADDENTROPY, &seed.info) < 0 || ioctl(device, RNDRESEEDCRNG, 0) < 0 ? -errno : 0;
    explicit_bzero(&seed, sizeof seed);
    return result;
}

int lx_reseed(const void *bytes, size_t count) {
    if (count == 0 || count > MAX_SEED) return -EINVAL;
    int device = open("/dev/urandom", O_RDWR | O_CLOEXEC);
    if (device < 0) return -errno;
    int result = add_entropy(device, bytes, count);
    close(device);
    return result;
}

int lx_set_clock(int64_t nanoseconds) {
    if (nanoseconds < 0) return -EINVAL;
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return clock_settime(CLOCK_REALTIME, &time) < 0 ? -errno : 0;
}

int lx_load_module(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    int error = syscall(SYS_finit_module, file, "", 0) < 0 ? errno : 0;
    close(file);
    return error == EEXIST ? 0 : -error;
}

int lx_set_window_size(int fd, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(fd, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

void lx_power_off(void) {
    sync();
    reboot(RB_POWER_OFF);
    // Reached when the machine cannot be switched off: the end of PID 1 stops the kernel, and so the machine.
    _exit(1);
}

// MARK: Files

static int open_below(int root, const char *path, const struct open_how *how) {
    int fd = -1;
    for (int attempt = 0; attempt < MAX_RESOLVE_ATTEMPTS; attempt++) {
        fd = (int)syscall(SYS_openat2, root, path, how, sizeof *how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return fd < 0 ? -errno : fd;
}

int lx_open_in_root(int root, const char *path, int flags, mode_t mode) {
    // openat2 refuses what open ignores: a mode for nothing made, and flags that mean nothing with O_PATH.
    uint64_t added = O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NONBLOCK | O_NOCTTY);
    bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    struct open_how how = {
        .flags = (unsigned)flags | added,
        .mode = makes ? mode & 07777 : 0,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    struct stat facts;
    int fd = open_below(root, path, &how);
    if (fd < 0) return fd;
    int error = fstat(fd, &facts) < 0 ? errno : S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode) ? 0 : EINVAL;
    if (error == 0) return fd;
    close(fd);
    return -error;
}

int lx_leave_initramfs(void) {
    // The initramfs has no mount below it, which pivot_root wants of a root. A bind of it, moved over it, has one.
    static const char fold[] = "/.r";
    if (mkdir(fold, 0700) < 0 && errno != EEXIST) return -errno;
    if (mount("/", fold, NULL, MS_BIND | MS_REC, NULL) < 0) return -errno;
    if (chdir(fold) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0) return -errno;
    if (chroot(".") < 0 || chdir("/") < 0) return -errno;
    rmdir(fold);
    return 0;
}
