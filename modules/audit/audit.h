#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

struct module;

/* The audit log of a chapter for its board, and the state admin's look into a chapter, which stands in it. */
extern const struct module audit_module;

#endif
