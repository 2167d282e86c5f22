/* Two units of one program: what is only declared in one is defined in the other. */
struct hidden;
extern struct hidden *opaque;
extern int defined_elsewhere;
extern __thread int of_thread;
int touch_all(void);
