// Which device files a container may open: a program of the kernel's device controller (cgroup v2 has no files for it).
#include "lx_guest.h"
#include <linux/bpf.h>

#define LOAD(to, field)                                                                                                \
    ((struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,                                                              \
                       .dst_reg = (to),                                                                                \
                       .src_reg = BPF_REG_1,                                                                           \
                       .off = offsetof(struct bpf_cgroup_dev_ctx, field)})
#define MOVE(to, from) ((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from)})
#define MOVE_CONSTANT(to, value) ((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (value)})
#define SHIFT_RIGHT(reg, bits) ((struct bpf_insn){.code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = (reg), .imm = (bits)})
#define AND(reg, mask) ((struct bpf_insn){.code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = (reg), .imm = (mask)})
#define IF_EQUAL(reg, value, skip)                                                                                     \
    ((struct bpf_insn){.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = (reg), .imm = (value), .off = (skip)})
#define IF_DIFFERENT(reg, value, skip)                                                                                 \
    ((struct bpf_insn){.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = (reg), .imm = (value), .off = (skip)})
#define EXIT ((struct bpf_insn){.code = BPF_JMP | BPF_EXIT})

enum { ACCESS = BPF_REG_2, TYPE = BPF_REG_3, MAJOR = BPF_REG_4, MINOR = BPF_REG_5 };

// Docker's rules but for 5:1, which is the guest's own console here: any node may be made, and of character devices null,
// zero, full, random, urandom, tty, ptmx and the pseudo terminals may be used. A number behind a jump is how many
// instructions it skips.
static const struct bpf_insn rules[] = {
    /*  0 */ LOAD(TYPE, access_type),
    /*  1 */ MOVE(ACCESS, TYPE),
    /*  2 */ SHIFT_RIGHT(ACCESS, 16),
    /*  3 */ AND(TYPE, 0xffff),
    /*  4 */ LOAD(MAJOR, major),
    /*  5 */ LOAD(MINOR, minor),
    /*  6 */ IF_EQUAL(ACCESS, BPF_DEVCG_ACC_MKNOD, 13),
    /*  7 */ IF_DIFFERENT(TYPE, BPF_DEVCG_DEV_CHAR, 10),
    /*  8 */ IF_EQUAL(MAJOR, 136, 11),
    /*  9 */ IF_DIFFERENT(MAJOR, 1, 5),
    /* 10 */ IF_EQUAL(MINOR, 3, 9),
    /* 11 */ IF_EQUAL(MINOR, 5, 8),
    /* 12 */ IF_EQUAL(MINOR, 7, 7),
    /* 13 */ IF_EQUAL(MINOR, 8, 6),
    /* 14 */ IF_EQUAL(MINOR, 9, 5),
    /* 15 */ IF_DIFFERENT(MAJOR, 5, 2),
    /* 16 */ IF_EQUAL(MINOR, 0, 3),
    /* 17 */ IF_EQUAL(MINOR, 2, 2),
    /* 18 */ MOVE_CONSTANT(BPF_REG_0, 0),
    /* 19 */ EXIT,
    /* 20 */ MOVE_CONSTANT(BPF_REG_0, 1),
    /* 21 */ EXIT,
};

static int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int lx_restrict_devices(int cgroup_fd) {
    union bpf_attr load = {0};
    load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    load.insns = (uint64_t)(uintptr_t)rules;
    load.insn_cnt = sizeof rules / sizeof rules[0];
    load.license = (uint64_t)(uintptr_t)"Apache-2.0";
    int program = bpf(BPF_PROG_LOAD, &load);
    if (program < 0) return -errno;
    union bpf_attr attach = {0};
    attach.target_fd = (uint32_t)cgroup_fd;
    attach.attach_bpf_fd = (uint32_t)program;
    attach.attach_type = BPF_CGROUP_DEVICE;
    int result = bpf(BPF_PROG_ATTACH, &attach) < 0 ? -errno : 0;
    // The group keeps the program as long as it lives, and its descendants can attach none of their own (no flags).
    close(program);
    return result;
}
