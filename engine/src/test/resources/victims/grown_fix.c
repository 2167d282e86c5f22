/* A patch of grown.c that counts uses in a field that the struct has not. */
#include "pulpo.h"

struct session;

struct counted {
    long uses;
    struct session *self;
};

PULPO_SHADOW(1234);
PULPO_ORIGINAL(struct session *, session_open, (void));
PULPO_ORIGINAL(void, session_close, (struct session *));

static int begin(const void *object, void *value, void *data)
{
    (void)data;
    ((struct counted *)value)->self = (struct session *)object;
    return 0;
}

struct session *counting_open(void)
{
    struct session *session = pulpo_original(session_open)();

    pulpo_shadow_free(session, 1234, NULL);
    pulpo_shadow_get_or_alloc(session, 1234, sizeof(struct counted), begin, NULL);
    return session;
}

long counting_use(struct session *session)
{
    struct counted *counted = pulpo_shadow_get(session, 1234);

    return counted == NULL ? 0 : counted->self != session ? -1 : ++counted->uses;
}

void counting_close(struct session *session)
{
    pulpo_shadow_free(session, 1234, NULL);
    pulpo_original(session_close)(session);
}

int version(void)
{
    return VERSION;
}
