extern int exported;
int answer(int value);
const char *text(int i);
int choose(int a);
long forms(long a);
