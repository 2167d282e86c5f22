struct request {
    int value;
    int step;
};
int answer(struct request *request);
long thread_value(void);
const char *name_of(int index);
int uses_small(int a);
