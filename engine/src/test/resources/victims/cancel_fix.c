/* A patch that is made of cancellation points (pthreads(7)). */
#include <pthread.h>
#include <unistd.h>

__attribute__((constructor)) static void construct(void)
{
    usleep(1);
    pthread_testcancel();
}

__attribute__((destructor)) static void destroy(void)
{
    usleep(1);
    pthread_testcancel();
}

int fixed_answer(void)
{
    return 2;
}
