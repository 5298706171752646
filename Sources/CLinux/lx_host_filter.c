#include "CLinux.h"
#include <linux/audit.h>
#include <linux/falloc.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which architecture do seccomp filters see here?"
#endif

#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define SKIP_IF(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (count), 0)
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))

// Both architectures are little-endian: an argument's low half comes first, and a mode has nothing in its high half.
int lx_ignore_hole_punching(void) {
    struct sock_filter instructions[] = {
        LOAD(FIELD(arch)),
        SKIP_UNLESS(NATIVE_ARCHITECTURE, 5),
        LOAD(FIELD(nr)),
        SKIP_UNLESS(SYS_fallocate, 3),
        LOAD(FIELD(args[1])),
        SKIP_IF(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2),
        SKIP_IF(0, 2),
        ANSWER(SECCOMP_RET_ALLOW),
        ANSWER(SECCOMP_RET_ERRNO | 0),
        ANSWER(SECCOMP_RET_ERRNO | EOPNOTSUPP),
    };
    struct sock_fprog program = {sizeof instructions / sizeof *instructions, instructions};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
