#include "CLinux.h"

ssize_t lx_receive_descriptors(int socket, void *bytes, size_t count, int *fds, int *fd_count) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * LX_MOST_DESCRIPTORS)];
    } control;
    struct iovec vector = {bytes, count};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.space};
    message.msg_controllen = sizeof control.space;
    *fd_count = 0;
    ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (length < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        // The buffer holds no more than fit into the caller's array, however they are spread over headers.
        int arrived = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds + *fd_count, CMSG_DATA(header), (size_t)arrived * sizeof(int));
        *fd_count += arrived;
    }
    return length;
}

int lx_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }
