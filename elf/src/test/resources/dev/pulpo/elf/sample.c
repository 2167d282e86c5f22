/* A library with one of everything that the reader knows; built by the tests in several ways. */
extern int outside(int) __attribute__((weak));
extern int needed_elsewhere(int);

int zeros[1000];
int numbers[4] = {1, 2, 3, 4};
int *pointer = &numbers[2];
__thread int per_thread = 7;
const char text[] = "text";

static int __attribute__((noinline)) hidden_helper(int x) { return x * 3 + numbers[x & 3]; }

int exported(int x) { return hidden_helper(x) + zeros[x & 7]; }

int __attribute__((weak)) overridable(int x) { return x + per_thread; }

int calls(int x) { return outside ? outside(x) : needed_elsewhere(x) + *pointer; }

int versioned_old(int x) { return x + 1; }
int versioned_new(int x) { return x + 2; }
#ifdef VERSIONS
__asm__(".symver versioned_old, versioned@SAMPLE_1");
__asm__(".symver versioned_new, versioned@@SAMPLE_2");
#endif

static int chosen(int x) { return x + 11; }
static void *choose(void) { return chosen; }
int by_choice(int) __attribute__((ifunc("choose")));
