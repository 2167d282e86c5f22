/*
 * A service that validates documents by schemas of Relax-NG, with libxml2. It obeys lines, and answers each with a line:
 *
 *     open NAME URL        makes a parser context for a schema
 *     parse NAME           parses it, on a thread with a stack of 1 MiB
 *     validate NAME XML    validates a document
 *     close NAME           frees the context and the schema
 *     limit NUMBER         sets RNG_INCLUDE_LIMIT; "limit" alone unsets it
 *
 * NAME is a letter. The schemas come from a place that others write to, which is generated here: depth:K/N is a schema that
 * includes depth:K+1/N, and depth:N/N has a root element; depth:K/endless goes on for ever.
 */
#include <libxml/relaxng.h>
#include <libxml/xmlIO.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRAMMAR "<grammar xmlns='http://relaxng.org/ns/structure/1.0'>"

struct schema {
    xmlRelaxNGParserCtxtPtr context;
    xmlRelaxNGPtr parsed;
    int errors;
    char first_error[200];
};

static struct schema schemas[26];

struct text {
    char bytes[300];
    size_t length, read;
};

static int is_ours(const char *url)
{
    return strncmp(url, "depth:", 6) == 0;
}

static void *open_text(const char *url)
{
    struct text *text = calloc(1, sizeof *text);
    unsigned long depth;
    char last[20];

    if (text == NULL || sscanf(url, "depth:%lu/%19s", &depth, last) != 2) {
        free(text);
        return NULL;
    }
    if (strcmp(last, "endless") != 0 && depth >= strtoul(last, NULL, 10)) {
        snprintf(text->bytes, sizeof text->bytes, GRAMMAR "<start><element name='root'><empty/></element></start></grammar>");
    } else {
        snprintf(text->bytes, sizeof text->bytes, GRAMMAR "<include href='depth:%lu/%s'/></grammar>", depth + 1, last);
    }
    text->length = strlen(text->bytes);
    return text;
}

static int read_text(void *context, char *buffer, int size)
{
    struct text *text = context;
    size_t length = text->length - text->read < (size_t)size ? text->length - text->read : (size_t)size;

    memcpy(buffer, text->bytes + text->read, length);
    text->read += length;
    return (int)length;
}

static int close_text(void *context)
{
    free(context);
    return 0;
}

static void hear(void *data, xmlErrorPtr error)
{
    struct schema *schema = data;

    if (schema->errors++ == 0) {
        snprintf(schema->first_error, sizeof schema->first_error, "%d %s", error->code, error->message);
        schema->first_error[strcspn(schema->first_error, "\n")] = 0;
    }
}

static void *parse(void *argument)
{
    struct schema *schema = argument;

    schema->parsed = xmlRelaxNGParse(schema->context);
    return NULL;
}

static void parse_on_thread(struct schema *schema)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, 1 << 20) != 0 || pthread_create(&thread, &attributes, parse, schema) != 0) {
        abort();
    }
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static const char *validate(struct schema *schema, const char *xml)
{
    xmlDocPtr document = xmlReadMemory(xml, (int)strlen(xml), "input", NULL, XML_PARSE_NOERROR);
    xmlRelaxNGValidCtxtPtr context = xmlRelaxNGNewValidCtxt(schema->parsed);
    const char *verdict;

    xmlRelaxNGSetValidStructuredErrors(context, hear, schema);
    verdict = document != NULL && xmlRelaxNGValidateDoc(context, document) == 0 ? "valid" : "not valid";
    xmlRelaxNGFreeValidCtxt(context);
    xmlFreeDoc(document);
    return verdict;
}

int main(void)
{
    static char line[200];

    xmlInitParser();
    xmlRegisterInputCallbacks(is_ours, open_text, read_text, close_text);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char command[20] = "", name[2] = "a";
        int end = 0;
        char *rest;
        struct schema *schema;

        line[strcspn(line, "\n")] = 0;
        sscanf(line, "%19s %n", command, &end);
        rest = line + end;
        if (strcmp(command, "limit") == 0) {
            if (*rest == 0) {
                unsetenv("RNG_INCLUDE_LIMIT");
            } else {
                setenv("RNG_INCLUDE_LIMIT", rest, 1);
            }
            puts("limit set");
            fflush(stdout);
            continue;
        }
        if (sscanf(rest, "%1[a-z] %n", name, &end) != 1) {
            return 2;
        }
        rest += end;
        schema = &schemas[name[0] - 'a'];
        if (strcmp(command, "open") == 0) {
            memset(schema, 0, sizeof *schema);
            schema->context = xmlRelaxNGNewParserCtxt(rest);
            xmlRelaxNGSetParserStructuredErrors(schema->context, hear, schema);
            puts("opened");
        } else if (strcmp(command, "parse") == 0) {
            parse_on_thread(schema);
            printf("%s%s\n", schema->parsed != NULL ? "parsed" : "refused: ", schema->first_error);
        } else if (strcmp(command, "validate") == 0 && schema->parsed != NULL) {
            puts(validate(schema, rest));
        } else if (strcmp(command, "close") == 0) {
            xmlRelaxNGFreeParserCtxt(schema->context);
            xmlRelaxNGFree(schema->parsed);
            memset(schema, 0, sizeof *schema);
            puts("closed");
        } else {
            return 2;
        }
        fflush(stdout);
    }
    return 0;
}
