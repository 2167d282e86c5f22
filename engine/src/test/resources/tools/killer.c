/*
 * Kills a tool with SIGKILL at one of the system calls that it makes on a target:
 *
 *     killer TARGET N[:CALL] COMMAND...      N = 0: kills nothing, and counts
 *
 * With CALL only calls count whose description, as it is printed, begins so.
 *
 * The command runs under a seccomp filter that reports some calls to this program (seccomp_unotify(2)) and holds the
 * caller until it is told to go on. A call counts if it concerns the target: ptrace and wait4 on one of its threads, a
 * write to its memory, the lock on its directory, a signal to it. Calls that only look at the target are not among
 * them: what a tool that dies there leaves is what it leaves at the next call that does something. Of waits in a row,
 * polling, only the 1st, 2nd, 4th, 8th... count. The N-th call is not made: the tool dies instead.
 *
 * A tool marks what it is at by writes of one byte to its standard output, which go nowhere else.
 *
 * Prints one line: "killed N MARK CALL", or "ended COUNT STATUS" where the command came to its end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

static const char *target;
static int marks;
static char mark = '-';
static pid_t poller;
static long polls;

static void die(const char *what)
{
    perror(what);
    exit(3);
}

static int install_filter(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REPORT(SYS_ptrace), REPORT(SYS_wait4), REPORT(SYS_pwrite64), REPORT(SYS_process_vm_writev), REPORT(SYS_flock),
        REPORT(SYS_tgkill), REPORT(SYS_kill), REPORT(SYS_pidfd_send_signal),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        die("PR_SET_NO_NEW_PRIVS");
    }
    /* A tool may signal its own threads; none of the calls that are held here would end by that, if they were not. */
    int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                           SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
    if (listener < 0 && errno == EINVAL) { /* before Linux 5.19 */
        listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    }
    if (listener < 0) {
        die("seccomp");
    }
    return listener;
}

/* Whether a descriptor of the tool is this file. */
static int is_file(pid_t tool, int descriptor, const char *wanted)
{
    char path[64], found[256];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", tool, descriptor);
    ssize_t length = readlink(path, found, sizeof found - 1);
    if (length < 0) {
        return 0;
    }
    found[length] = 0;
    return strcmp(found, wanted) == 0;
}

static int is_thread_of_target(long tid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/task/%ld", target, tid);
    return tid > 0 && access(path, F_OK) == 0;
}

/* Memory is opened by process or by thread. */
static int is_memory_of_target(pid_t tool, int descriptor)
{
    char wanted[64], path[64], found[256];
    int pid, tid;
    snprintf(wanted, sizeof wanted, "/proc/%s/mem", target);
    if (is_file(tool, descriptor, wanted)) {
        return 1;
    }
    snprintf(path, sizeof path, "/proc/%d/fd/%d", tool, descriptor);
    ssize_t length = readlink(path, found, sizeof found - 1);
    found[length < 0 ? 0 : length] = 0;
    return sscanf(found, "/proc/%d/task/%d/mem", &pid, &tid) == 2 && pid == atoi(target);
}

/* Describes the call where it counts. */
static int counts(const struct seccomp_notif *call, char *text, size_t size)
{
    const __u64 *a = call->data.args;
    char directory[64];
    int waits = 0;
    int does = 0;

    snprintf(directory, sizeof directory, "/proc/%s", target);
    switch (call->data.nr) {
    case SYS_ptrace:
        does = is_thread_of_target((long)a[1]);
        snprintf(text, size, "ptrace(0x%llx, %lld)", a[0], a[1]);
        break;
    case SYS_wait4:
        waits = is_thread_of_target((int)a[0]);
        snprintf(text, size, "wait4(%d)", (int)a[0]);
        break;
    case SYS_pwrite64:
        does = is_memory_of_target(call->pid, (int)a[0]);
        snprintf(text, size, "pwrite64(mem, %lld bytes at 0x%llx)", a[2], a[3]);
        break;
    case SYS_process_vm_writev:
        does = is_thread_of_target((int)a[0]);
        snprintf(text, size, "process_vm_writev(%d)", (int)a[0]);
        break;
    case SYS_flock:
        does = is_file(call->pid, (int)a[0], directory);
        snprintf(text, size, "flock(%s)", directory);
        break;
    case SYS_tgkill:
    case SYS_kill:
        does = is_thread_of_target((int)a[0]);
        snprintf(text, size, "kill(%d)", (int)a[0]);
        break;
    case SYS_pidfd_send_signal:
        does = 1;
        snprintf(text, size, "pidfd_send_signal()");
        break;
    }
    if (waits) {
        polls = (pid_t)call->pid == poller ? polls + 1 : 1;
        poller = (pid_t)call->pid;
        return (polls & (polls - 1)) == 0;
    }
    if (does) {
        poller = 0;
    }
    return does;
}

static void read_mark(const struct seccomp_notif *call)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", call->pid);
    int memory = open(path, O_RDONLY);
    if (memory < 0 || pread(memory, &mark, 1, (off_t)call->data.args[1]) != 1) {
        die("mark");
    }
    close(memory);
    marks++;
}

static void send_descriptor(int socket, int descriptor)
{
    char byte = 0, space[CMSG_SPACE(sizeof descriptor)] = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    if (sendmsg(socket, &message, 0) != 1) {
        die("sendmsg");
    }
}

static int receive_descriptor(int socket)
{
    int descriptor;
    char byte, space[CMSG_SPACE(sizeof descriptor)];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == NULL) {
        die("recvmsg");
    }
    memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
    return descriptor;
}

static pid_t start(char **command, int *listener)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        die("socketpair");
    }
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(nowhere, 0);
        dup2(nowhere, 1);
        send_descriptor(pair[0], install_filter());
        execvp(command[0], command);
        die(command[0]);
    }
    close(pair[0]);
    *listener = receive_descriptor(pair[1]);
    close(pair[1]);
    return child;
}

int main(int argc, char **argv)
{
    long at = argc > 3 ? atol(argv[2]) : 0, count = 0;
    const char *wanted = argc > 3 && strchr(argv[2], ':') != NULL ? strchr(argv[2], ':') + 1 : "";
    int listener, status;
    char text[160] = "";

    if (argc < 4) {
        fprintf(stderr, "usage: killer TARGET N[:CALL] COMMAND...\n");
        return 2;
    }
    target = argv[1];
    pid_t tool = start(argv + 3, &listener);
    struct pollfd ready = {listener, POLLIN, 0};
    for (;;) {
        struct seccomp_notif call = {0};
        if (poll(&ready, 1, 100) < 0) {
            die("poll");
        }
        if (!(ready.revents & POLLIN)) {
            if (waitpid(tool, &status, WNOHANG) == tool) {
                printf("ended %ld %d\n", count, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
                return 0;
            }
            continue;
        }
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
            if (errno == ENOENT || errno == EINTR) {
                continue;
            }
            die("SECCOMP_IOCTL_NOTIF_RECV");
        }
        if (call.data.nr == SYS_write) {
            read_mark(&call);
        } else if (counts(&call, text, sizeof text) && strncmp(text, wanted, strlen(wanted)) == 0
                   && ++count == at) {
            kill(tool, SIGKILL);
            waitpid(tool, &status, 0);
            printf("killed %ld %c %s\n", count, mark, text);
            return 0;
        }
        struct seccomp_notif_resp go = {.id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go) != 0 && errno != ENOENT) {
            die("SECCOMP_IOCTL_NOTIF_SEND");
        }
    }
}
