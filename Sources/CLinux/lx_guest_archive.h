// What the archiver's two parts share. It runs after clone, in a child of the single-threaded guest that never
// executes anything else; so malloc works, and one archive a process may live in static memory.
#pragma once
#include "lx_guest.h"
#include <limits.h>

/// Reports what failed, with the present errno, as a line on standard error and ends the process with code 1.
_Noreturn void lx_archive_fail(const char *stage, const char *path);

// MARK: Writing (lx_guest_tar.c)

/// One member of the archive, but for its extended attributes and its content.
struct lx_member {
    const char *path;  ///< relative to the archived folder
    const char *link;  ///< where a link of either kind points, else ""
    char type;         ///< '0' file, '1' hard link, '2' symbolic link, '3' '4' devices, '5' folder, '6' fifo
    struct stat facts;
};

/// Begins a member's attributes: those of the last one are forgotten.
void lx_tar_clear_attributes(void);

/// Adds an extended attribute to the next member.
void lx_tar_attribute(const char *name, const void *value, size_t count, const char *path);

/// Writes a member's headers.
void lx_tar_header(const struct lx_member *member);

/// Writes exactly so many bytes of a file, zeros where it has become shorter, up to the end of the last block.
void lx_tar_content(int file, uint64_t count, const char *path);

/// Writes the end of the archive and everything that is held.
void lx_tar_finish(void);
