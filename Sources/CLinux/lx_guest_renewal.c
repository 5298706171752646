// What makes a template's clone a machine of its own, and what tells one machine from another.
#include "CLinux.h"
#include <linux/close_range.h>
#include <sys/auxv.h>
#include <sys/random.h>

static int argument_count;
static char **argument_values;

/// glibc hands main's arguments to constructors too; an Embedded Swift program gets them in no other way.
__attribute__((constructor)) static void take_arguments(int count, char **values) {
    argument_count = count;
    argument_values = values;
}

const char *lx_argument(int index) { return index >= 0 && index < argument_count ? argument_values[index] : NULL; }

/// Keeps a descriptor open and writes its number. Returns 0 or -errno.
static int keep(int descriptor, char number[4]) {
    if (descriptor < 3 || descriptor > 999) return -EINVAL;
    for (int digit = 2, left = descriptor; digit >= 0; digit--, left /= 10) number[digit] = (char)('0' + left % 10);
    return fcntl(descriptor, F_SETFD, 0) < 0 ? -errno : 0;
}

int lx_execute_anew(const int *kept) {
    char numbers[LX_KEPT][4] = {0};
    char *arguments[2 + LX_KEPT + 1] = {"/init", "renewed"}, *const environment[] = {NULL};
    if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return -errno;
    for (int i = 0; i < LX_KEPT; i++) {
        int error = keep(kept[i], numbers[i]);
        if (error < 0) return error;
        arguments[2 + i] = numbers[i];
    }
    execve("/proc/self/exe", arguments, environment);
    return -errno;
}

int lx_keep_from_children(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0; }

int lx_fresh_random(void *bytes, size_t count) {
    // Up to 256 bytes come whole, and without a wait once the generator has been seeded (getrandom(2)).
    return count <= 256 && getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -EIO;
}

const uint8_t *lx_program_random(void) { return (const uint8_t *)getauxval(AT_RANDOM); }

uint64_t lx_stack_address(void) { return (uint64_t)__builtin_frame_address(0); }

int64_t lx_realtime_ns(void) {
    struct timespec time;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
