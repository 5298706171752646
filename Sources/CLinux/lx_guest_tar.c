// A tar archive on standard output: POSIX ustar headers, and pax headers for what does not fit into them
// (POSIX.1-2017, "pax Interchange Format"; extended attributes as SCHILY.xattr.*, as layers have them).
#include "CLinux.h"
#include "lx_guest_archive.h"
#include <sys/sysmacros.h>

#define BLOCK 512
/// Room for one member's pax records; the host takes up to 1 MiB. Linux has 64 KiB at most for one attribute.
#define PAX_ROOM (256 * 1024)

static unsigned char output[64 * 1024];
static size_t held;
static char records[PAX_ROOM];
static size_t attributes_end, records_end;

// MARK: Output

static void flush(void) {
    size_t done = 0;
    while (done < held) {
        ssize_t count = write(STDOUT_FILENO, output + done, held - done);
        if (count < 0 && errno != EINTR) lx_archive_fail("write", "the archive");
        if (count > 0) done += (size_t)count;
    }
    held = 0;
}

static void put(const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    while (count > 0) {
        if (held == sizeof output) flush();
        size_t part = count < sizeof output - held ? count : sizeof output - held;
        memcpy(output + held, next, part);
        held += part;
        next += part;
        count -= part;
    }
}

static void put_zeros(uint64_t count) {
    static const unsigned char zeros[BLOCK];
    for (; count > 0; count -= count < BLOCK ? count : BLOCK) put(zeros, count < BLOCK ? count : BLOCK);
}

/// Fills the last block of so many bytes.
static void pad(uint64_t count) { put_zeros((BLOCK - count % BLOCK) % BLOCK); }

// MARK: Numbers

/// A number's digits, the last one in front of end. Returns the first.
static char *digits(char *end, uint64_t value, unsigned base) {
    do *--end = (char)('0' + value % base);
    while ((value /= base) != 0);
    return end;
}

/// Octal digits with leading zeros and a final NUL. Returns whether the number fits; otherwise the field says 0.
static bool octal(char *field, size_t width, uint64_t value) {
    char text[24];
    char *first = digits(text + sizeof text, value, 8);
    size_t count = (size_t)(text + sizeof text - first);
    memset(field, '0', width - 1);
    field[width - 1] = 0;
    if (count > width - 1) return false;
    memcpy(field + width - 1 - count, first, count);
    return true;
}

// MARK: Pax records

static void append(const void *bytes, size_t count, const char *path) {
    errno = E2BIG;
    if (count > sizeof records - records_end) lx_archive_fail("hold the attributes of", path);
    memcpy(records + records_end, bytes, count);
    records_end += count;
}

/// Appends "length key=value\n", whose length counts its own digits.
static void append_record(const char *prefix, const char *key, const void *value, size_t count, const char *path) {
    char text[24];
    size_t body = strlen(prefix) + strlen(key) + count + 3, length = body + 1;
    char *first = digits(text + sizeof text, length, 10);
    while (body + (size_t)(text + sizeof text - first) != length) {
        length = body + (size_t)(text + sizeof text - first);
        first = digits(text + sizeof text, length, 10);
    }
    append(first, (size_t)(text + sizeof text - first), path);
    append(" ", 1, path);
    append(prefix, strlen(prefix), path);
    append(key, strlen(key), path);
    append("=", 1, path);
    append(value, count, path);
    append("\n", 1, path);
}

static void append_number(const char *key, uint64_t value, const char *path) {
    char text[24];
    char *first = digits(text + sizeof text, value, 10);
    append_record("", key, first, (size_t)(text + sizeof text - first), path);
}

/// Seconds with nine decimals. Before 1970 the parts of a timespec have different signs.
static void append_time(struct timespec time, const char *path) {
    char text[40];
    bool negative = time.tv_sec < 0;
    uint64_t seconds = negative ? (uint64_t)-(time.tv_sec + (time.tv_nsec > 0)) : (uint64_t)time.tv_sec;
    uint64_t nanoseconds = (uint64_t)(negative && time.tv_nsec > 0 ? 1000000000 - time.tv_nsec : time.tv_nsec);
    // A leading one keeps the zeros; the point takes its place.
    char *first = digits(text + sizeof text, nanoseconds + 1000000000, 10);
    *first = '.';
    first = digits(first, seconds, 10);
    if (negative) *--first = '-';
    append_record("", "mtime", first, (size_t)(text + sizeof text - first), path);
}

void lx_tar_clear_attributes(void) { attributes_end = records_end = 0; }

void lx_tar_attribute(const char *name, const void *value, size_t count, const char *path) {
    errno = EINVAL;
    if (strchr(name, '=') != NULL) lx_archive_fail("name an attribute of", path);
    append_record("SCHILY.xattr.", name, value, count, path);
    attributes_end = records_end;
}

// MARK: Headers

/// One block of the ustar format; all fields are text, and there is no padding between them.
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2],
        user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static void put_header(struct header *header, char type, uint64_t size) {
    uint64_t sum = 0;
    header->type = type;
    octal(header->size, sizeof header->size, size);
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    memset(header->checksum, ' ', sizeof header->checksum);
    for (size_t i = 0; i < BLOCK; i++) sum += ((const unsigned char *)header)[i];
    octal(header->checksum, 7, sum);
    put(header, BLOCK);
}

/// A text of up to 100 bytes needs no final NUL; of a longer one the field has the beginning.
static void fill_text(char field[100], const char *text, const char *key, const char *path) {
    size_t length = strlen(text);
    memcpy(field, text, length < 100 ? length : 100);
    if (length > 100) append_record("", key, text, length, path);
}

static void fill(struct header *header, const struct lx_member *member, uint64_t size) {
    const struct stat *facts = &member->facts;
    const char *path = member->path;
    fill_text(header->name, path, "path", path);
    fill_text(header->link, member->link, "linkpath", path);
    octal(header->mode, sizeof header->mode, facts->st_mode & 07777);
    if (!octal(header->uid, sizeof header->uid, facts->st_uid)) append_number("uid", facts->st_uid, path);
    if (!octal(header->gid, sizeof header->gid, facts->st_gid)) append_number("gid", facts->st_gid, path);
    if (!octal(header->size, sizeof header->size, size)) append_number("size", size, path);
    int64_t modified = facts->st_mtim.tv_sec;
    bool fits = octal(header->mtime, sizeof header->mtime, modified < 0 ? 0 : (uint64_t)modified) && modified >= 0;
    if (!fits || facts->st_mtim.tv_nsec != 0) append_time(facts->st_mtim, path);
    bool device = member->type == '3' || member->type == '4';
    octal(header->major, sizeof header->major, device ? major(facts->st_rdev) : 0);
    octal(header->minor, sizeof header->minor, device ? minor(facts->st_rdev) : 0);
}

void lx_tar_header(const struct lx_member *member) {
    struct header header = {0}, extended = {.name = "pax"};
    uint64_t size = member->type == '0' ? (uint64_t)member->facts.st_size : 0;
    records_end = attributes_end;
    fill(&header, member, size);
    if (records_end > 0) {
        octal(extended.mode, sizeof extended.mode, 0644);
        put_header(&extended, 'x', records_end);
        put(records, records_end);
        pad(records_end);
    }
    put_header(&header, member->type, size);
}

// MARK: Content

void lx_tar_content(int file, uint64_t count, const char *path) {
    uint64_t left = count;
    while (left > 0) {
        if (held == sizeof output) flush();
        size_t room = sizeof output - held;
        ssize_t got = read(file, output + held, left < room ? (size_t)left : room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) lx_archive_fail("read", path);
        if (got == 0) break;
        held += (size_t)got;
        left -= (uint64_t)got;
    }
    // Whoever runs on beside us may have cut the file since its header said how long it is.
    put_zeros(left);
    pad(count);
}

void lx_tar_finish(void) {
    put_zeros(2 * BLOCK);
    flush();
}
