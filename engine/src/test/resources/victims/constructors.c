/*
 * A patch with a constructor. It comes to the reference to the target's data, or does not, in the way that is defined:
 *
 *     OWN       it uses variables and functions of the patch alone
 *     DIRECTLY  it reads the reference, unless that is null
 *     HELPER    a function that it calls does
 *     HANDED    a function does that it hands to another library
 *     TABLE     a function does that it calls through a table
 *     POINTER   it reads through a pointer to the reference
 *     RESOLVER  the resolver of an indirect function reads it
 */
#include <pthread.h>

int *secret_reference;

static int own[4];
static volatile int choice = 3;

__attribute__((noipa)) static void use(void)
{
    if (secret_reference != 0) {
        own[0] = *secret_reference;
    }
}

__attribute__((noipa, unused)) static void fill(int value)
{
    switch (value) {
    case 0: own[0] = 5; break;
    case 1: own[1] = 6; break;
    case 2: own[2] = choice; break;
    case 3: own[3] = 1000; break;
    default: own[value & 3] = value * choice; break;
    }
}

#ifdef TABLE
static void (*const volatile table[])(void) = {use};
#endif
#ifdef POINTER
static int **volatile where = &secret_reference;
#endif
#ifdef HANDED
static pthread_once_t once = PTHREAD_ONCE_INIT;
#endif

#ifdef RESOLVER
static int chosen(void)
{
    return 3;
}

static int (*resolve(void))(void)
{
    use();
    return chosen;
}

static int indirect(void) __attribute__((ifunc("resolve")));
#else
__attribute__((constructor)) static void construct(void)
{
#if defined(DIRECTLY)
    if (secret_reference != 0) {
        own[1] = 1;
    }
#elif defined(HELPER)
    use();
#elif defined(HANDED)
    pthread_once(&once, use);
#elif defined(TABLE)
    table[0]();
#elif defined(POINTER)
    if (where[0] != 0) {
        own[1] = 1;
    }
#endif
    fill(choice);
}
#endif

int new_secret(void)
{
    use();
#ifdef RESOLVER
    fill(indirect());
#endif
    return own[3] + *secret_reference;
}
