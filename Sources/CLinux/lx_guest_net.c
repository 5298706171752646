// The guest's network: links, addresses and routes, and the kernel's uevents.
#include "CLinux.h"
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

/// Room for any request made here: the longest (an IPv6 route) takes about 80 bytes.
#define REQUEST_SIZE 256

/// A request under construction.
struct request {
    struct nlmsghdr header;
    char body[REQUEST_SIZE];
};

/// Starts a request with the fixed part that its type wants; flags go beside those of every request.
static void begin(struct request *request, uint16_t type, uint16_t flags, const void *fixed, size_t size) {
    memset(request, 0, sizeof *request);
    request->header.nlmsg_type = type;
    request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    request->header.nlmsg_seq = 1;
    request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
    memcpy(request->body, fixed, size);
}

/// Appends an attribute. All callers pass at most 16 bytes and three attributes, so it always fits.
static void put(struct request *request, uint16_t type, const void *value, size_t size) {
    size_t at = NLMSG_ALIGN(request->header.nlmsg_len) - sizeof request->header;
    struct rtattr attribute = {.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = type};
    memcpy(request->body + at, &attribute, sizeof attribute);
    memcpy(request->body + at + RTA_LENGTH(0), value, size);
    request->header.nlmsg_len = (uint32_t)(sizeof request->header + at + RTA_SPACE(size));
}

/// Reads the kernel's verdict, which is there when the call that sent the request returns (netlink_rcv_skb).
/// Anybody in the pod may send to the socket, so others' messages are skipped.
static int read_answer(int fd) {
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[REQUEST_SIZE];
    } answer;
    for (int attempt = 0; attempt < 16; attempt++) {
        struct sockaddr_nl sender = {0};
        socklen_t size = sizeof sender;
        ssize_t count = recvfrom(fd, &answer, sizeof answer, MSG_DONTWAIT, (struct sockaddr *)&sender, &size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        bool whole = count >= (ssize_t)(sizeof answer.header + sizeof answer.error);
        if (sender.nl_pid == 0 && whole && answer.header.nlmsg_type == NLMSG_ERROR) return answer.error.error;
    }
    return -EPROTO;
}

/// Sends one request over a socket of its own and returns the kernel's verdict, 0 or -errno.
static int perform(struct request *request) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    ssize_t sent = sendto(fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel);
    int result = sent < 0 ? -errno : read_answer(fd);
    close(fd);
    return result;
}

// MARK: Links, by the older interface, which takes far less of the kernel's code than rtnetlink

/// Names a link. Returns 0 or -EINVAL.
static int name_link(struct ifreq *link, const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof link->ifr_name) return -EINVAL;
    memset(link, 0, sizeof *link);
    memcpy(link->ifr_name, name, length);
    return 0;
}

/// Asks the kernel about a link or tells it. Any socket will do. Returns 0 or -errno.
static int control(unsigned long request, struct ifreq *link) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int result = ioctl(fd, request, link) < 0 ? -errno : 0;
    close(fd);
    return result;
}

/// A link's index, or -errno.
static int link_index(const char *name) {
    struct ifreq link;
    int error = name_link(&link, name);
    if (error == 0) error = control(SIOCGIFINDEX, &link);
    return error < 0 ? error : link.ifr_ifindex;
}

const char *lx_link_name(int index) {
    static struct ifreq link;
    link.ifr_ifindex = index;
    return control(SIOCGIFNAME, &link) < 0 ? NULL : link.ifr_name;
}

int lx_link_address(const char *name, uint8_t address[6]) {
    struct ifreq link;
    int error = name_link(&link, name);
    if (error == 0) error = control(SIOCGIFHWADDR, &link);
    if (error < 0) return error;
    if (link.ifr_hwaddr.sa_family != ARPHRD_ETHER) return -EAFNOSUPPORT;
    memcpy(address, link.ifr_hwaddr.sa_data, 6);
    return 0;
}

int lx_link_address_set(const char *name, const uint8_t address[6]) {
    struct ifreq link;
    int error = name_link(&link, name);
    if (error < 0) return error;
    link.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(link.ifr_hwaddr.sa_data, address, 6);
    return control(SIOCSIFHWADDR, &link);
}

int lx_link_mtu_set(const char *name, uint32_t mtu) {
    struct ifreq link;
    int error = name_link(&link, name);
    if (error < 0) return error;
    link.ifr_mtu = mtu > INT_MAX ? INT_MAX : (int)mtu;
    return control(SIOCSIFMTU, &link);
}

int lx_link_start(const char *name) {
    struct ifreq link;
    int error = name_link(&link, name);
    if (error == 0) error = control(SIOCGIFFLAGS, &link);
    if (error < 0) return error;
    link.ifr_flags |= IFF_UP;
    return control(SIOCSIFFLAGS, &link);
}

// MARK: Addresses and routes, by rtnetlink

/// The address family whose addresses have this length, or -EINVAL, also for a prefix that is longer than them.
static int family_of(size_t length, uint8_t prefix) {
    if (prefix > length * 8) return -EINVAL;
    return length == 4 ? AF_INET : length == 16 ? AF_INET6 : -EINVAL;
}

int lx_address_add(const char *name, const uint8_t *address, size_t length, uint8_t prefix) {
    struct request request;
    int family = family_of(length, prefix), index = link_index(name);
    if (family < 0) return family;
    if (index < 0) return index;
    struct ifaddrmsg fixed = {
        .ifa_family = (uint8_t)family, .ifa_prefixlen = prefix, .ifa_index = (uint32_t)index,
        // The address is the network's to give: no second of waiting to detect a duplicate.
        .ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0,
    };
    begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &fixed, sizeof fixed);
    put(&request, IFA_LOCAL, address, length);
    put(&request, IFA_ADDRESS, address, length);
    int result = perform(&request);
    return result == -EEXIST ? 0 : result;
}

int lx_route_add(const char *name, const uint8_t *destination, uint8_t prefix, const uint8_t *gateway, size_t length) {
    struct request request;
    int family = family_of(length, destination == NULL ? 0 : prefix), index = link_index(name);
    if (family < 0) return family;
    if (index < 0) return index;
    struct rtmsg fixed = {
        .rtm_family = (uint8_t)family, .rtm_dst_len = destination == NULL ? 0 : prefix, .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC, .rtm_scope = gateway == NULL ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
        .rtm_type = RTN_UNICAST,
    };
    begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &fixed, sizeof fixed);
    if (destination != NULL) put(&request, RTA_DST, destination, length);
    if (gateway != NULL) put(&request, RTA_GATEWAY, gateway, length);
    put(&request, RTA_OIF, &index, sizeof index);
    int result = perform(&request);
    return result == -EEXIST ? 0 : result;
}

// MARK: Uevents

int lx_uevent_socket(void) {
    struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0) return -errno;
    if (bind(fd, (struct sockaddr *)&group, sizeof group) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

int lx_read_uevent(int fd, void *buffer, size_t size) {
    for (int attempt = 0; attempt < 64; attempt++) {
        struct sockaddr_nl sender = {0};
        socklen_t length = sizeof sender;
        ssize_t count = recvfrom(fd, buffer, size, MSG_DONTWAIT, (struct sockaddr *)&sender, &length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (sender.nl_pid == 0) return (int)count;
    }
    return -EAGAIN;
}
