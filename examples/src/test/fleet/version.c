// What the server of each host answers: a patch replaces it.
#ifndef VERSION
#define VERSION "version 1"
#endif

const char *version(void);

const char *version(void)
{
    return VERSION;
}
