/* The cache of verified passwords: E10, E11, E12. */
#include "tests/check.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/access.h"
#include "auth/passwords.h"
#include "base/arena.h"
#include "base/config.h"

static const struct role_in roles[] = { { 7, ROLE_BOARD } };
static const struct principal anna = {
    .person = 1, .uid = "anna", .name = "Anna", .mail = "a@x", .roles = roles, .n_roles = 1
};
static const struct principal bert = { .person = 2, .uid = "bert", .name = "Bert" };

static struct passwords *
make(int seconds)
{
    const struct config config = { .password_cache = seconds };

    return passwords_new(&config, NULL);
}

/* Asks, and tells what the directory would say. */
static void
teach(struct passwords *p, const char *user, const char *password, const struct principal *who)
{
    struct arena *a = arena_new();
    struct password_question *q;
    const struct principal *unused;

    CHECK(passwords_ask(p, a, user, password, &unused, &q) == PASSWORD_ASK);
    passwords_learn(p, q, who != NULL ? PASSWORD_GOOD : PASSWORD_BAD, who);
    arena_free(a);
}

static enum password_state
ask(struct passwords *p, const char *user, const char *password)
{
    struct arena *a = arena_new();
    struct password_question *q;
    const struct principal *who;
    enum password_state state = passwords_ask(p, a, user, password, &who, &q);

    if (state == PASSWORD_ASK)
        passwords_learn(p, q, PASSWORD_BUSY, NULL);
    arena_free(a);
    return state;
}

TEST(passwords_remember_good_and_bad)
{
    struct passwords *p = make(60);
    struct arena *a = arena_new();
    struct password_question *q;
    const struct principal *who = NULL;

    teach(p, "anna", "secret", &anna);
    teach(p, "anna", "old", NULL);
    CHECK(passwords_ask(p, a, "anna", "secret", &who, &q) == PASSWORD_GOOD);
    CHECK(who != NULL && who != &anna && who->person == 1 && who->n_roles == 1);
    CHECK(who != NULL && who->roles[0].chapter == 7 && who->roles[0].role == ROLE_BOARD);
    CHECK_TEXT(who->uid, "anna");
    CHECK_TEXT(who->mail, "a@x");
    CHECK(ask(p, "anna", "old") == PASSWORD_BAD);
    CHECK(ask(p, "anna", "new") == PASSWORD_ASK);
    CHECK(passwords_held(p) == 2);
    arena_free(a);
    passwords_free(p);
}

TEST(passwords_never_mix_names)
{
    struct passwords *p = make(60);

    teach(p, "anna", "secret", &anna);
    CHECK(ask(p, "Anna", "secret") == PASSWORD_ASK);
    CHECK(ask(p, "anna ", "secret") == PASSWORD_ASK);
    CHECK(ask(p, "annas", "ecret") == PASSWORD_ASK);
    CHECK(ask(p, "", "annasecret") == PASSWORD_ASK);
    CHECK(ask(p, "bert", "secret") == PASSWORD_ASK);
    passwords_free(p);
}

TEST(passwords_end_in_time)
{
    struct passwords *p = make(1);

    teach(p, "anna", "secret", &anna);
    CHECK(ask(p, "anna", "secret") == PASSWORD_GOOD);
    usleep(1100000);
    CHECK(ask(p, "anna", "secret") == PASSWORD_ASK);
    CHECK(passwords_held(p) == 0);
    passwords_free(p);
}

TEST(passwords_know_what_was_refused_before)
{
    struct passwords *p = make(60);
    struct arena *a = arena_new();
    struct password_question *q;
    const struct principal *who;

    CHECK(passwords_ask(p, a, "anna", "old", &who, &q) == PASSWORD_ASK);
    CHECK(!passwords_repeated(q));
    passwords_learn(p, q, PASSWORD_BAD, NULL);
    CHECK(passwords_ask(p, a, "anna", "other", &who, &q) == PASSWORD_ASK);
    CHECK(!passwords_repeated(q));
    passwords_learn(p, q, PASSWORD_BUSY, NULL);
    arena_free(a);
    passwords_free(p);
}

TEST(passwords_without_a_cache_are_asked_each_time)
{
    struct passwords *p = make(0);

    teach(p, "anna", "secret", &anna);
    teach(p, "anna", "secret", &anna);
    passwords_free(p);
}

TEST(passwords_forget_whose_rights_changed)
{
    struct passwords *p = make(60);

    teach(p, "anna", "secret", &anna);
    teach(p, "bert", "secret", &bert);
    passwords_notified(p, "1");
    CHECK(ask(p, "anna", "secret") == PASSWORD_ASK);
    CHECK(ask(p, "bert", "secret") == PASSWORD_GOOD);
    passwords_notified(p, "");
    CHECK(ask(p, "bert", "secret") == PASSWORD_ASK);
    CHECK(passwords_held(p) == 0);
    passwords_free(p);
}

TEST(passwords_do_not_keep_what_was_asked_before_a_change)
{
    struct passwords *p = make(60);
    struct arena *a = arena_new();
    struct password_question *q;
    const struct principal *who;

    CHECK(passwords_ask(p, a, "anna", "secret", &who, &q) == PASSWORD_ASK);
    passwords_drop(p, 1);
    passwords_learn(p, q, PASSWORD_GOOD, &anna);
    CHECK(ask(p, "anna", "secret") == PASSWORD_ASK);
    arena_free(a);
    passwords_free(p);
}

TEST(passwords_are_bounded)
{
    struct passwords *p = make(60);
    char user[32];

    teach(p, "anna", "secret", &anna);
    for (int i = 0; i < PASSWORDS_MAX + 100; i++) {
        snprintf(user, sizeof user, "u%d", i);
        teach(p, user, "x", NULL);
    }
    CHECK(passwords_held(p) <= PASSWORDS_MAX + 2);
    CHECK(ask(p, "anna", "secret") == PASSWORD_GOOD); /* guessing pushes nobody's out */
    CHECK(ask(p, "u0", "x") == PASSWORD_ASK);
    passwords_free(p);
}

struct crowd {
    struct passwords *p;
    enum password_state state;
};

static void *
one_of_many(void *arg)
{
    struct crowd *c = arg;
    struct arena *a = arena_new();
    struct password_question *q;
    const struct principal *who = NULL;

    c->state = passwords_ask(c->p, a, "anna", "secret", &who, &q);
    if (c->state == PASSWORD_ASK) {
        usleep(200000);
        passwords_learn(c->p, q, PASSWORD_GOOD, &anna);
    } else {
        CHECK(c->state == PASSWORD_GOOD && who->person == 1);
    }
    arena_free(a);
    return NULL;
}

TEST(passwords_of_many_at_once_ask_once)
{
    struct passwords *p = make(60);
    struct crowd crowd[16];
    pthread_t thread[16];
    int asked = 0;

    for (int i = 0; i < 16; i++) {
        crowd[i] = (struct crowd){ .p = p };
        pthread_create(&thread[i], NULL, one_of_many, &crowd[i]);
    }
    for (int i = 0; i < 16; i++) {
        pthread_join(thread[i], NULL);
        asked += crowd[i].state == PASSWORD_ASK;
    }
    CHECK(asked == 1);
    passwords_free(p);
}
