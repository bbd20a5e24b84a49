#ifndef HTML_SUBSCRIBE_H
#define HTML_SUBSCRIBE_H

struct arena;

/*
 * A feed of events as addresses that calendars take it from, for page_subscribe(): https for those
 * that are told an address, "webcal:" for programs that it opens by itself, and pages of two
 * services that ask whether to subscribe. Nothing is loaded from there; who follows such a link
 * tells them the address.
 */
struct subscribe {
    const char *address, *webcal, *google, *outlook;
};
/* Of a whole address, http or https; name: what it shall be called there. */
struct subscribe subscribe_to(struct arena *, const char *address, const char *name);

#endif
