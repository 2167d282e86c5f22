/*
 * Keeps what a patch gives it wherever a program can keep an address. Commands: "keep KIND", "use", "drop", "ask", "rss".
 * Each is answered by a line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { STRING, CALLBACK, SLEEP, AT_EXIT, HANDLER, TIMER, JUMP };

/* What the patch replaces: weak, so that compilers know nothing of it. The second argument is called where the patch sleeps. */
__attribute__((weak, noinline)) void *give(int what, void *argument)
{
    __asm__ volatile("" : : "r"(what), "r"(argument) : "memory");
    return NULL;
}

struct __attribute__((packed)) packed {
    char first;
    const char *text;
};

static const char *text;
static __thread const char *own_text;
static const char **heap_text;
static struct packed *packed_text;
static uintptr_t tagged;
static const char **mapped;
static int (*table[4])(int);
static volatile int go;
static volatile int there;
static pthread_t thread;
static char kind[32];
static char said[64];

/* Coroutines. */
static ucontext_t main_context, sleeper;
static char static_stack[1 << 16];
static jmp_buf main_jump, sleeper_jump;
static char *stack;

static void to_main(void) { swapcontext(&sleeper, &main_context); }
static void body(void) { give(SLEEP, (void *)to_main); strcpy(said, "resumed"); }

static void to_main_by_jump(void)
{
    if (setjmp(sleeper_jump) == 0) {
        longjmp(main_jump, 1);
    }
}

static void jump_body(void) { give(SLEEP, (void *)to_main_by_jump); strcpy(said, "resumed"); longjmp(main_jump, 1); }

static void start(char *memory, void (*what)(void))
{
    stack = memory;
    getcontext(&sleeper);
    sleeper.uc_stack.ss_sp = memory;
    sleeper.uc_stack.ss_size = 1 << 16;
    sleeper.uc_link = &main_context;
    makecontext(&sleeper, what, 0);
}

static void begin(char *memory)
{
    start(memory, body);
    swapcontext(&main_context, &sleeper);
}

static void *map(int protection, int flags)
{
    return mmap(NULL, 1 << 16, protection, flags | MAP_ANONYMOUS, -1, 0);
}

static void *in_register(void *unused)
{
    register const char *kept __asm__("r13") = give(STRING, NULL);

    (void)unused;
    there = 1;
    __asm__ volatile("1: pause; cmpl $0, %1; je 1b" : "+r"(kept) : "m"(go) : "memory");
    strcpy(said, kept);
    return NULL;
}

static void *in_vector(void *unused)
{
    const char *kept = give(STRING, NULL);

    (void)unused;
    there = 1;
    __asm__ volatile("movq %0, %%xmm7; xor %0, %0; xor %%eax, %%eax; 1: pause; cmpl $0, %1; je 1b; movq %%xmm7, %0"
                     : "+r"(kept) : "m"(go) : "memory", "rax", "xmm7");
    strcpy(said, kept);
    return NULL;
}

static void *on_stack(void *unused)
{
    const char *volatile kept = give(STRING, NULL);

    (void)unused;
    there = 1;
    while (!go) {
        usleep(1000);
    }
    strcpy(said, kept);
    return NULL;
}

static void *in_tls(void *unused)
{
    (void)unused;
    own_text = give(STRING, NULL);
    there = 1;
    while (!go) {
        usleep(1000);
    }
    strcpy(said, own_text);
    own_text = NULL;
    return NULL;
}

static void wait_in_patch(void)
{
    there = 1;
    while (!go) {
        usleep(1000);
    }
}

static void *in_patch(void *unused)
{
    (void)unused;
    give(SLEEP, (void *)wait_in_patch);
    return NULL;
}

static int child(void *unused)
{
    (void)unused;
    give(SLEEP, (void *)wait_in_patch);
    strcpy(said, "resumed");
    return 0;
}

static void run(void *(*what)(void *))
{
    there = 0;
    go = 0;
    pthread_create(&thread, NULL, what, NULL);
    while (!there) {
        usleep(1000);
    }
}

/* More than malloc keeps for the thread that frees it. */
#define CHUNK 5000

/* A word in the middle of memory that is in use, between chunks that are not. */
static const char **between_freed(void)
{
    char *volatile chunks[5];
    const char **word;

    for (int i = 0; i < 5; i++) {
        chunks[i] = malloc(CHUNK);
    }
    free(chunks[1]);
    free(chunks[3]);
    word = (const char **)(chunks[2] + CHUNK / 2);
    return word;
}

/* The same in a chunk that two have become. What malloc has written between the two is still there. */
static const char **over_freed(void)
{
    char *volatile chunks[4];
    char *whole;

    for (int i = 0; i < 4; i++) {
        chunks[i] = malloc(CHUNK);
    }
    free(chunks[2]);
    free(chunks[1]);
    whole = malloc(2 * CHUNK);
    if (whole != chunks[1]) {
        abort();
    }
    return (const char **)(chunks[2] + CHUNK / 2);
}

/* A word that nobody uses any more. */
static void leave_freed(void)
{
    const char *volatile *chunk = malloc(CHUNK);
    static void *last;

    /* The last chunk of the heap becomes a part of what is left of it. */
    last = malloc(CHUNK);
    __asm__ volatile("" : : "r"(last) : "memory");
    chunk[CHUNK / 2 / sizeof *chunk] = give(STRING, NULL);
    free((void *)chunk);
}

static int is(const char *name) { return strcmp(kind, name) == 0; }

static void keep(void)
{
    char local[1 << 16];

    if (is("static")) {
        text = give(STRING, NULL);
    } else if (is("heap")) {
        heap_text = malloc(sizeof *heap_text);
        *heap_text = give(STRING, NULL);
    } else if (is("between-freed") || is("over-freed")) {
        heap_text = is("over-freed") ? over_freed() : between_freed();
        *heap_text = give(STRING, NULL);
    } else if (is("freed")) {
        leave_freed();
    } else if (is("packed")) {
        packed_text = malloc(sizeof *packed_text);
        packed_text->text = give(STRING, NULL);
    } else if (is("tagged")) {
        tagged = (uintptr_t)give(STRING, NULL) | 0xfff9000000000000;
    } else if (is("mapped") || is("shared") || is("sealed")) {
        mapped = map(PROT_READ | PROT_WRITE, is("shared") ? MAP_SHARED : MAP_PRIVATE);
        mapped[1] = give(STRING, NULL);
        if (is("sealed")) {
            mprotect(mapped, 1 << 16, PROT_NONE);
        }
    } else if (is("callback")) {
        table[2] = (int (*)(int))give(CALLBACK, NULL);
    } else if (is("handler")) {
        give(HANDLER, NULL);
    } else if (is("timer")) {
        give(TIMER, NULL);
    } else if (is("atexit")) {
        give(AT_EXIT, NULL);
    } else if (is("own-atexit")) {
        atexit((void (*)(void))give(CALLBACK, NULL));
    } else if (is("register")) {
        run(in_register);
    } else if (is("vector")) {
        run(in_vector);
    } else if (is("stack")) {
        run(on_stack);
    } else if (is("tls")) {
        run(in_tls);
    } else if (is("inside")) {
        run(in_patch);
    } else if (is("coroutine-static")) {
        begin(static_stack);
    } else if (is("coroutine-heap")) {
        begin(malloc(1 << 16));
    } else if (is("coroutine-mapped")) {
        begin(map(PROT_READ | PROT_WRITE, MAP_PRIVATE));
    } else if (is("coroutine-jump")) {
        start(malloc(1 << 16), jump_body);
        if (setjmp(main_jump) == 0) {
            setcontext(&sleeper);
        }
    } else if (is("sharer")) {
        there = 0;
        go = 0;
        stack = malloc(1 << 16);
        clone(child, stack + (1 << 16), CLONE_VM | SIGCHLD, NULL);
        while (!there) {
            usleep(1000);
        }
    } else if (is("nothing")) {
        give(STRING, NULL);
        give(CALLBACK, NULL);
    } else if (is("ended")) {
        /* glibc keeps the stack of the thread for the next, with all that is left over on it. */
        run(on_stack);
        go = 1;
        pthread_join(thread, NULL);
    }
    __asm__ volatile("" : : "r"(local) : "memory");
}

static void use(void)
{
    if (is("static")) {
        strcpy(said, text);
    } else if (is("heap") || is("between-freed") || is("over-freed")) {
        strcpy(said, *heap_text);
    } else if (is("packed")) {
        strcpy(said, packed_text->text);
    } else if (is("tagged")) {
        strcpy(said, (const char *)(tagged & 0xffffffffffff));
    } else if (is("mapped") || is("shared") || is("sealed")) {
        mprotect(mapped, 1 << 16, PROT_READ | PROT_WRITE);
        strcpy(said, mapped[1]);
    } else if (is("callback")) {
        sprintf(said, "called %d", table[2](41));
    } else if (is("handler")) {
        raise(SIGUSR2);
        strcpy(said, "handled");
    } else if (is("coroutine-jump")) {
        if (setjmp(main_jump) == 0) {
            longjmp(sleeper_jump, 1);
        }
    } else if (strncmp(kind, "coroutine", 9) == 0) {
        swapcontext(&main_context, &sleeper);
    } else if (is("sharer")) {
        go = 1;
        wait(NULL);
    } else if (is("register") || is("vector") || is("stack") || is("tls") || is("inside")) {
        go = 1;
        pthread_join(thread, NULL);
    }
}

__attribute__((noinline)) static void scrub(void)
{
    char below[1 << 16];

    memset(below, 0, sizeof below);
    __asm__ volatile("" : : "r"(below) : "memory");
}

static void drop(void)
{
    text = NULL;
    if (heap_text != NULL) {
        *heap_text = NULL;
    }
    if (packed_text != NULL) {
        packed_text->text = NULL;
    }
    tagged = 0;
    if (mapped != NULL) {
        munmap(mapped, 1 << 16);
        mapped = NULL;
    }
    table[2] = NULL;
    signal(SIGUSR2, SIG_IGN);
    memset(&sleeper, 0, sizeof sleeper);
    memset(&sleeper_jump, 0, sizeof sleeper_jump);
    if (stack != NULL) {
        memset(stack, 0, 1 << 16);
    }
    scrub();
}

int main(int argc, char **argv)
{
    char line[64];

    if (argc > 1) {
        /* Much address space, little of it used. */
        size_t size = (size_t)atol(argv[1]) << 30;
        char *sparse = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        for (size_t at = 0; at < size; at += 256 << 20) {
            sparse[at] = 1;
        }
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        strcpy(said, "done");
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "keep ", 5) == 0) {
            strcpy(kind, line + 5);
            keep();
        } else if (strcmp(line, "use") == 0) {
            use();
        } else if (strcmp(line, "drop") == 0) {
            drop();
        } else if (strcmp(line, "exit") == 0) {
            exit(0);
        } else if (strcmp(line, "ask") == 0) {
            const char *given = give(STRING, NULL);
            strcpy(said, given == NULL ? "nothing" : given);
        }
        puts(said);
        fflush(stdout);
    }
    return 0;
}
