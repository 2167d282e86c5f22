/* With NAMED the hidden function of the library is wanted by its name, which the loader does not know. */
int hidden(void);
int (*hidden_reference)(void);

int new_visible(void)
{
#ifdef NAMED
    return 1000 + hidden();
#else
    return 1000 + hidden_reference();
#endif
}

int new_hidden(void)
{
    return 5;
}

int new_local(void)
{
    return 9;
}
