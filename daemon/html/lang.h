#ifndef HTML_LANG_H
#define HTML_LANG_H

/*
 * A language the program speaks. English is what stands in the source; other
 * languages come from daemon/locale/NAME.po, compiled into the program.
 */
struct lang {
    const char *tag;  /* "de": for lang="" and Content-Language */
    const char *name; /* in itself: "Deutsch" */
    const void *catalogue;
};

/* All languages, NULL last. */
extern const struct lang *const languages[];

/* The language with that tag, or NULL. */
const struct lang *lang_find(const char *tag);
/* The best for an Accept-Language header (RFC 9110, 12.5.4); `otherwise` when none fits or it is
 * NULL. */
const struct lang *lang_accept(const char *header, const struct lang *otherwise);

/* msgid in the language; itself where no translation exists. Keeps the format of a printf text. */
const char *tr(const struct lang *, const char *msgid) __attribute__((format_arg(2)));
/* With a number: "1 file", "3 files". */
const char *trn(const struct lang *, const char *one, const char *many, long n)
    __attribute__((format_arg(2), format_arg(3)));

#endif
