// Between the files that make up lx_spawn.
#pragma once
#include "CLinux.h"

/// The namespaces that a jailed child is made in.
extern const uint64_t lx_jail_namespaces;

/// Locks the calling child up. `pid` is its process number in its parent's eyes. Returns 0, or -1 with errno and *stage
/// set; async-signal-safe.
int lx_jail_enter(const struct lx_jail *jail, int pid, int *stage);
