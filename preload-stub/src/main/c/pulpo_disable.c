/*
 * The owner of a process can forbid patching it through its environment, as with libpulp:
 *
 *     LIBPULP_DISABLE_ON_PATH      patterns for the path of the program
 *     LIBPULP_DISABLE_ON_USERS     patterns for the name of the user, or numbers
 *     LIBPULP_DISABLE_ON_GROUPS    patterns for the name of the group, or numbers
 *
 * each a colon-separated list of patterns of fnmatch(3), including extended ones. They are checked once, when the stub is
 * loaded, and only if a variable is set. Anything too long to be judged, and a path that cannot be read, counts as a
 * match: better not to patch than to patch against the owner's will.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pulpo_cancel.h"
#include "pulpo_state.h"

extern __attribute__((visibility("default"))) struct pulpo_state pulpo_state;

enum { LONGEST_PATTERN = PATH_MAX, NAMES = 16 * 1024 };

/* Whether an entry of the list is this number, or a pattern that matches this text. */
static int list_has(const char *list, const char *text, const char *number)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ":");
        char pattern[LONGEST_PATTERN];

        if (length >= sizeof pattern) {
            return 1;
        }
        memcpy(pattern, list, length);
        pattern[length] = '\0';
        if (length > 0 && ((number != NULL && strcmp(pattern, number) == 0)
                           || (text != NULL && fnmatch(pattern, text, FNM_EXTMATCH) == 0))) {
            return 1;
        }
        list += length + (list[length] == ':');
    }
    return 0;
}

static int disabled_on_path(const char *list)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    if (length < 0 || (size_t)length >= sizeof path) {
        return 1;
    }
    path[length] = '\0';
    return list_has(list, path, NULL);
}

/* Whether the list has patterns, which need the name: looking it up may ask a server on the network. */
static int has_names(const char *list)
{
    return strspn(list, "0123456789:") != strlen(list);
}

static int disabled_on_user(const char *list)
{
    char number[24];
    char buffer[NAMES];
    struct passwd user;
    struct passwd *found = NULL;

    snprintf(number, sizeof number, "%lu", (unsigned long)getuid());
    if (has_names(list)) {
        getpwuid_r(getuid(), &user, buffer, sizeof buffer, &found);
    }
    return list_has(list, found == NULL ? NULL : found->pw_name, number);
}

static int disabled_on_group(const char *list)
{
    char number[24];
    char buffer[NAMES];
    struct group group;
    struct group *found = NULL;

    snprintf(number, sizeof number, "%lu", (unsigned long)getgid());
    if (has_names(list)) {
        getgrgid_r(getgid(), &group, buffer, sizeof buffer, &found);
    }
    return list_has(list, found == NULL ? NULL : found->gr_name, number);
}

static void note(const char *text)
{
    size_t length = strlen(text);

    memcpy(pulpo_state.ring, text, length);
    pulpo_state.ring_written = length;
}

__attribute__((constructor)) static void look_at_environment(void)
{
    int saved = errno;
    struct pulpo_cancel cancel;
    const char *path = getenv("LIBPULP_DISABLE_ON_PATH");
    const char *users = getenv("LIBPULP_DISABLE_ON_USERS");
    const char *groups = getenv("LIBPULP_DISABLE_ON_GROUPS");

    if (path == NULL && users == NULL && groups == NULL) {
        return;
    }
    /* Looking names up may be a cancellation point, and a borrowed thread must not end in here. */
    pulpo_hold_cancel(&cancel);
    if (path != NULL && disabled_on_path(path)) {
        note("patching is disabled by LIBPULP_DISABLE_ON_PATH\n");
    } else if (users != NULL && disabled_on_user(users)) {
        note("patching is disabled by LIBPULP_DISABLE_ON_USERS\n");
    } else if (groups != NULL && disabled_on_group(groups)) {
        note("patching is disabled by LIBPULP_DISABLE_ON_GROUPS\n");
    }
    if (pulpo_state.ring_written > 0) {
        pulpo_state.flags |= PULPO_DISABLED;
    }
    pulpo_give_cancel_back(&cancel);
    errno = saved;
}
