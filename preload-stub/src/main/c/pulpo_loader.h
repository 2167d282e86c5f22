/*
 * The dynamic loader's functions as weak symbols, so that the stub loads with every glibc. Until 2.33 they were in
 * libdl.so.2, which a process need not have. They are null then, and never called, because no tool loads anything into a
 * process without dlopen. Since 2.34 they are in the C library, with their old versions, too.
 */
#ifndef PULPO_LOADER_H
#define PULPO_LOADER_H

#include <dlfcn.h>

#pragma weak dlopen
#pragma weak dlclose
#pragma weak dlsym
#pragma weak dlerror
#pragma weak dlinfo

__asm__(".symver dlopen, dlopen@GLIBC_2.2.5\n"
        ".symver dlclose, dlclose@GLIBC_2.2.5\n"
        ".symver dlsym, dlsym@GLIBC_2.2.5\n"
        ".symver dlerror, dlerror@GLIBC_2.2.5\n"
        ".symver dlinfo, dlinfo@GLIBC_2.3.3\n");

#endif
