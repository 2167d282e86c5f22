/*
 * Lives in a root directory without procfs whose /tmp is a symbolic link out of it, as whoever looks at it from outside reads
 * it; a second process replaces every file that appears there by a link to a file of root's: jail ROOT TRAP FILE
 */
#include "hostile.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>

static void trap(const char *directory, const char *file)
{
    char events[4096] __attribute__((aligned(8)));
    int watch = inotify_init1(0);
    int opened = open(directory, O_RDONLY | O_DIRECTORY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    need(inotify_add_watch(watch, directory, IN_CREATE) >= 0, "inotify_add_watch");
    for (;;) {
        ssize_t length = read(watch, events, sizeof events);
        for (char *at = events; at < events + length;) {
            struct inotify_event *event = (struct inotify_event *)at;
            at += sizeof *event + event->len;
            if (unlinkat(opened, event->name, 0) == 0) {
                symlinkat(file, opened, event->name);
                while (read(watch, events, sizeof events) > 0 && faccessat(opened, event->name, F_OK, AT_SYMLINK_NOFOLLOW)) {
                }
                break;
            }
        }
    }
}

static void fails(struct pulpo_load *load)
{
    load->map = NULL;
    load->handle = NULL;
    load->error = "cannot open shared object file";
}

int main(int count, char **arguments)
{
    need(count > 3, "ROOT TRAP FILE");
    stub()->load = fails;
    if (fork() == 0) {
        trap(arguments[2], arguments[3]);
    }
    need(unshare(CLONE_NEWUSER) == 0, "unshare");
    need(chroot(arguments[1]) == 0 && chdir("/") == 0, "chroot");
    live();
}
