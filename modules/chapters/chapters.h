#ifndef CHAPTERS_CHAPTERS_H
#define CHAPTERS_CHAPTERS_H

struct module;

/* The chapters of the federation, their roles and their pages. */
extern const struct module chapters_module;

#endif
