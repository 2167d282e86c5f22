/* What libgreeting offers: one answer, and a loop that gives it to whoever asks. */
const char *greeting(void);
void serve(int connection);
