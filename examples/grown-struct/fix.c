/*
 * The fix of CVE-2026-0989 in libxml2, for processes that run: https://gitlab.gnome.org/GNOME/libxml2/-/commit/66c52b3a
 *
 * Schemas of Relax-NG include schemas, and nothing limits how deeply: the stack of the thread that parses overflows. The fix
 * adds a field to the parser's context, incLimit. Contexts that exist have no room for it, and the program has been compiled
 * without it, so it is a shadow variable here.
 *
 * The compiler has inlined the functions that the fix changes, xmlRelaxNGIncludePush and xmlRelaxNGLoadInclude. What is left is
 * xmlRelaxNGCleanupTree, which is called for each document after it was put on the stack of includes.
 *
 * It does what the fix does, in words of its own; names and messages are libxml2's (MIT licence).
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "pulpo.h"
#include "relaxng-types.h" /* cut out of the target's relaxng.c: the struct without the new field */

struct added {
    int incLimit;
};

enum { INC_LIMIT = 20260989, DEFAULT_LIMIT = 1000 };
PULPO_SHADOW(INC_LIMIT);
PULPO_ORIGINAL(xmlRelaxNGPtr, xmlRelaxNGParse, (xmlRelaxNGParserCtxtPtr));
PULPO_ORIGINAL(void, xmlRelaxNGCleanupTree, (xmlRelaxNGParserCtxtPtr, xmlNodePtr));
PULPO_ORIGINAL(void, xmlRelaxNGFreeParserCtxt, (xmlRelaxNGParserCtxtPtr));

/* Static in the target. */
extern void xmlRngPErr(xmlRelaxNGParserCtxtPtr ctxt, xmlNodePtr node, int error, const char *msg, const xmlChar *str1,
    const xmlChar *str2);
extern void xmlRngPErrMemory(xmlRelaxNGParserCtxtPtr ctxt, const char *extra);

/* What a user has set; 0 if there is none, -1 if it is no limit. */
static int limit_of(const char *text)
{
    unsigned long limit;
    char *end;

    if (text == NULL)
        return 0;
    errno = 0;
    limit = strtoul(text, &end, 10);
    return errno != 0 || *end != 0 || limit > INT_MAX ? -1 : (int)limit;
}

xmlRelaxNGPtr xmlRelaxNGParse(xmlRelaxNGParserCtxtPtr ctxt)
{
    const char *set = getenv("RNG_INCLUDE_LIMIT");
    struct added *added;

    if (ctxt == NULL)
        return NULL;
    added = pulpo_shadow_get_or_alloc(ctxt, INC_LIMIT, sizeof *added, NULL, NULL);
    if (added == NULL) {
        xmlRngPErrMemory(ctxt, "allocating the include limit\n");
        return NULL;
    }
    if (added->incLimit == 0) {
        int limit = limit_of(set);

        added->incLimit = limit > 0 ? limit : DEFAULT_LIMIT;
        if (limit < 0) {
            xmlRngPErr(ctxt, NULL, XML_RNGP_PARSE_ERROR, "xmlRelaxNGParse: invalid RNG_INCLUDE_LIMIT %s\n",
                (const xmlChar *)set, NULL);
            return NULL;
        }
    }
    return pulpo_original(xmlRelaxNGParse)(ctxt);
}

void xmlRelaxNGCleanupTree(xmlRelaxNGParserCtxtPtr ctxt, xmlNodePtr root)
{
    const struct added *added = pulpo_shadow_get(ctxt, INC_LIMIT);

    if (ctxt->incNr > (added == NULL ? DEFAULT_LIMIT : added->incLimit)) {
        xmlRngPErr(ctxt, (xmlNodePtr)root->doc, XML_RNGP_PARSE_ERROR, "xmlRelaxNG: inclusion recursion limit reached\n", NULL,
            NULL);
        /* This returns nothing. But the caller refuses a document that is empty. */
        xmlUnlinkNode(root);
        xmlFreeNode(root);
        return;
    }
    pulpo_original(xmlRelaxNGCleanupTree)(ctxt, root);
}

void xmlRelaxNGFreeParserCtxt(xmlRelaxNGParserCtxtPtr ctxt)
{
    if (ctxt != NULL)
        pulpo_shadow_free(ctxt, INC_LIMIT, NULL);
    pulpo_original(xmlRelaxNGFreeParserCtxt)(ctxt);
}
