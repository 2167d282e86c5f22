/* A patch with places for references. */
struct tls_index {
    unsigned long module, offset;
};

int *counter_reference;
struct tls_index local_reference;
struct tls_index private_reference;

int new_first(void)
{
    return 100 + *counter_reference;
}

int new_second(void)
{
    return 200;
}
