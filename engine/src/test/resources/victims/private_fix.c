/* A patch that reads the library's data through references; BASE tells one build from another. */
struct tls_index {
    unsigned long module, offset;
};

extern void *__tls_get_addr(struct tls_index *);

int *secret_reference;
struct tls_index local_reference;
struct tls_index shared_reference;
static int constructed;

__attribute__((constructor)) static void construct(void)
{
    constructed = BASE;
}

int new_secret(void)
{
    return constructed + *secret_reference;
}

int new_local(void)
{
    return BASE + *(int *)__tls_get_addr(&local_reference);
}

int new_shared(void)
{
    return BASE + *(int *)__tls_get_addr(&shared_reference);
}

int new_own(int x)
{
    return BASE + x;
}

int new_answer(void)
{
    return BASE;
}
