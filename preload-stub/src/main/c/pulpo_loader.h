/*
 * The dynamic loader's functions, such that the stub loads with every glibc: until 2.33 they were in a library of their own,
 * libdl.so.2, which a process may do without. They are null then, and nobody asks for them: no tool loads anything into a
 * process that has no dlopen. Since 2.34 the C library has them, under their old versions, too.
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
