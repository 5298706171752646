// What Swift cannot reach by itself. The only C in Apus; only the targets Linux and Guest import it.
// A shim stands here for one of four reasons, named beside it:
//   [wrapper]  libc has no wrapper or Swift's Glibc module does not show it
//   [variadic] Swift cannot call C variadics
//   [macro]    function-like macros are not imported
//   [fork]     the code runs between fork and exec, where Swift must not
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "lx_common.h"
#include "lx_host.h"
#include "lx_guest.h"
