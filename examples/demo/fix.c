/* A patch for libgreeting: what it replaces is said when it is applied. */
const char *greeting_fixed(void)
{
    return "hello from version 2";
}
