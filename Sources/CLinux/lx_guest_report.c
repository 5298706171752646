// The socket on which a started child tells of itself.
#include "CLinux.h"
#include "lx_guest_child.h"

/// The child's end. It is written after clone only, in the child's own copy of the memory.
static int report_socket = -1;

int lx_report_pair(int sockets[2]) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return -errno;
    if (lx_set_nonblocking(sockets[0]) == 0) return 0;
    int error = errno;
    close(sockets[0]);
    close(sockets[1]);
    return -error;
}

void lx_child_report_to(int socket) { report_socket = socket; }

/// Appends text to the stage as far as it fits; the field stays terminated (it was zeroed).
static size_t append(char *stage, size_t size, size_t used, const char *text) {
    while (*text != 0 && used + 1 < size) stage[used++] = *text++;
    return used;
}

/// write(2) rather than send(2): hardly any seccomp filter forbids it, and a failed exec is told from behind one.
static void tell(const struct lx_report *report) {
    while (write(report_socket, report, sizeof *report) < 0 && errno == EINTR) {}
}

_Noreturn void lx_child_fail(const char *stage, const char *detail) {
    struct lx_report report = {.kind = LX_REPORT_FAILED, .error = errno};
    size_t used = append(report.stage, sizeof report.stage, 0, stage);
    if (detail != NULL) {
        used = append(report.stage, sizeof report.stage, used, " ");
        append(report.stage, sizeof report.stage, used, detail);
    }
    tell(&report);
    _exit(127);
}

void lx_child_report_pid(int pid) {
    struct lx_report report = {.kind = LX_REPORT_PID, .pid = pid};
    tell(&report);
}

/// Room for one descriptor in an ancillary message, aligned as the kernel wants it.
union descriptor_message {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

void lx_child_report_terminal(int master) {
    struct lx_report report = {.kind = LX_REPORT_TERMINAL};
    struct iovec part = {&report, sizeof report};
    union descriptor_message control = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &master, sizeof master);
    if (sendmsg(report_socket, &message, MSG_NOSIGNAL) < 0) lx_child_fail("send terminal", NULL);
}

/// The descriptor that came with a message, or -1.
static int received_descriptor(struct msghdr *message) {
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return -1;
    if (header->cmsg_len < CMSG_LEN(sizeof(int))) return -1;
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}

int lx_read_report(int socket, struct lx_report *out, int *fd) {
    struct iovec part = {out, sizeof *out};
    union descriptor_message control = {0};
    // CMSG_LEN, not CMSG_SPACE: the padding would be room for a second descriptor, which nobody would close.
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int)),
    };
    ssize_t count;
    *fd = -1;
    do count = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    if (count == 0) return 0;
    *fd = received_descriptor(&message);
    if (count == sizeof *out && (out->kind == LX_REPORT_TERMINAL) == (*fd >= 0)) {
        out->stage[sizeof out->stage - 1] = 0;
        return 1;
    }
    if (*fd >= 0) close(*fd);
    *fd = -1;
    return -EBADMSG;
}
