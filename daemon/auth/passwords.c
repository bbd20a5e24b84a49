#include "auth/passwords.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <time.h>

#include "auth/ldap.h"
#include "auth/principal.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/time.h"
#include "base/token.h"

#define BUCKETS  16384 /* a power of two */
#define SECOND   INT64_C(1000000)
#define MAC_SIZE SHA256_SIZE

/* So many threads may wait for other threads' answers; more wait only a moment: workers are few. */
#define WAITING_MAX   8
#define LAST_PATIENCE (SECOND * 3 / 10)

/* A pair of name and password that was asked for. */
struct kept {
    unsigned char mac[MAC_SIZE];
    int64_t expires;       /* time_monotonic() */
    int64_t asked_again;   /* a refused one: when the directory is asked again */
    struct principal *who; /* NULL: the password was refused */
    size_t who_size;
    TAILQ_ENTRY(kept) in_age; /* all of one kind expire in the order in which they came */
    LIST_ENTRY(kept) in_bucket;
};
TAILQ_HEAD(age, kept);
LIST_HEAD(bucket, kept);

/* A question that one thread asks the directory while others wait; the last of them frees it. */
struct password_question {
    unsigned char mac[MAC_SIZE];
    int64_t generation;
    int threads;
    bool answered, repeated;
    enum password_state state;
    struct principal *who; /* for those who wait */
    size_t who_size;
    LIST_ENTRY(password_question) next;
};

struct passwords {
    struct directory *directory;
    int64_t good_for; /* microseconds */
    unsigned char *key;
    pthread_mutex_t lock;
    pthread_mutex_t slow; /* one slow hash at a time: each takes memory and a processor */
    pthread_cond_t answer;
    int64_t generation; /* grows when anything is dropped */
    struct bucket bucket[BUCKETS];
    struct age good, bad;
    int n_good, n_bad;
    int n_waiting; /* threads */
    LIST_HEAD(, password_question) questions;
    bool has_login_key;
    unsigned char login_key[LOGIN_KEY_SIZE];
};

/* A page of its own, kept out of swap and core files as far as the system allows. */
static unsigned char *
secret_page(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    (void)mlock(p, 4096);
    (void)madvise(p, 4096, MADV_DONTDUMP);
    (void)madvise(p, 4096, MADV_WIPEONFORK);
    random_bytes(p, MAC_SIZE);
    return p;
}

struct passwords *
passwords_new(const struct config *config, struct directory *directory)
{
    struct passwords *p = calloc(1, sizeof *p);
    pthread_condattr_t monotonic;

    if (p == NULL || (p->key = secret_page()) == NULL) {
        free(p);
        return NULL;
    }
    p->directory = directory;
    p->good_for = config->password_cache * SECOND;
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->slow, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->answer, &monotonic);
    pthread_condattr_destroy(&monotonic);
    TAILQ_INIT(&p->good);
    TAILQ_INIT(&p->bad);
    return p;
}

void
passwords_free(struct passwords *p)
{
    if (p == NULL)
        return;
    assert(LIST_EMPTY(&p->questions));
    passwords_drop(p, 0);
    forget(p->key, MAC_SIZE);
    munmap(p->key, 4096);
    pthread_cond_destroy(&p->answer);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->slow);
    directory_close(p->directory);
    free(p);
}

struct directory *
passwords_directory(const struct passwords *p)
{
    return p->directory;
}

/* The name is the one typed, byte for byte: two spellings never share an answer. */
static void
make_mac(
    const struct passwords *p, const char *user, const char *password, unsigned char mac[MAC_SIZE])
{
    unsigned char text[USER_BYTES_MAX + 1 + PASSWORD_BYTES_MAX];
    size_t n_user = strlen(user), n_password = strlen(password);

    assert(n_user <= USER_BYTES_MAX && n_password <= PASSWORD_BYTES_MAX);
    memcpy(text, user, n_user + 1);
    memcpy(text + n_user + 1, password, n_password);
    hmac_sha256(p->key, MAC_SIZE, text, n_user + 1 + n_password, mac);
    forget(text, sizeof text);
}

static struct bucket *
bucket_of(struct passwords *p, const unsigned char *mac)
{
    unsigned n;

    memcpy(&n, mac, sizeof n);
    return &p->bucket[n % BUCKETS];
}

static void
wipe_principal(struct principal *who, size_t size)
{
    if (who == NULL)
        return;
    forget(who, size);
    free(who);
}

static void
drop(struct passwords *p, struct kept *k)
{
    TAILQ_REMOVE(k->who != NULL ? &p->good : &p->bad, k, in_age);
    (*(k->who != NULL ? &p->n_good : &p->n_bad))--;
    LIST_REMOVE(k, in_bucket);
    wipe_principal(k->who, k->who_size);
    forget(k, sizeof *k);
    free(k);
}

static void
drop_old(struct passwords *p, struct age *age, const int *count, int64_t now)
{
    struct kept *k;

    while ((k = TAILQ_FIRST(age)) != NULL && (k->expires <= now || *count > PASSWORDS_MAX))
        drop(p, k);
}

static struct kept *
find_kept(struct passwords *p, const unsigned char *mac)
{
    struct kept *k;

    drop_old(p, &p->good, &p->n_good, time_monotonic());
    drop_old(p, &p->bad, &p->n_bad, time_monotonic());
    LIST_FOREACH(k, bucket_of(p, mac), in_bucket)
    if (memcmp(k->mac, mac, MAC_SIZE) == 0)
        return k;
    return NULL;
}

static void
keep(struct passwords *p, const struct password_question *q)
{
    struct kept *k = find_kept(p, q->mac);

    if (k != NULL)
        drop(p, k);
    if (p->good_for == 0 || (k = calloc(1, sizeof *k)) == NULL)
        return;
    memcpy(k->mac, q->mac, MAC_SIZE);
    if (q->state == PASSWORD_GOOD) {
        if ((k->who = principal_keep(q->who, &k->who_size)) == NULL) {
            free(k);
            return;
        }
        k->expires = time_monotonic() + p->good_for;
        TAILQ_INSERT_TAIL(&p->good, k, in_age);
        p->n_good++;
    } else {
        k->asked_again = time_monotonic() + PASSWORDS_BAD_S * SECOND;
        k->expires = time_monotonic() + PASSWORDS_REPEATED_S * SECOND;
        TAILQ_INSERT_TAIL(&p->bad, k, in_age);
        p->n_bad++;
    }
    LIST_INSERT_HEAD(bucket_of(p, k->mac), k, in_bucket);
}

/* Called with the lock held; the last of the threads frees it. */
static void
leave_question(struct password_question *q)
{
    if (--q->threads > 0)
        return;
    LIST_REMOVE(q, next);
    wipe_principal(q->who, q->who_size);
    forget(q, sizeof *q);
    free(q);
}

static enum password_state
wait_for_answer(struct passwords *p, struct arena *arena, struct password_question *q,
    const struct principal **who)
{
    enum password_state state = PASSWORD_BUSY;
    struct timespec until;

    int64_t end =
        time_monotonic() + (p->n_waiting < WAITING_MAX ? PASSWORDS_WAIT_S * SECOND : LAST_PATIENCE);
    until = (struct timespec){ end / SECOND, end % SECOND * 1000 };
    q->threads++;
    p->n_waiting++;
    while (!q->answered)
        if (pthread_cond_timedwait(&p->answer, &p->lock, &until) != 0)
            break;
    p->n_waiting--;
    if (q->answered)
        state = q->state;
    if (state == PASSWORD_GOOD)
        *who = principal_copy(arena, q->who);
    leave_question(q);
    return state;
}

static enum password_state
ask_locked(struct passwords *p, struct arena *arena, const unsigned char *mac,
    const struct principal **who, struct password_question **question)
{
    struct kept *k = find_kept(p, mac);
    struct password_question *q;

    if (k != NULL && k->who != NULL) {
        *who = principal_copy(arena, k->who);
        return PASSWORD_GOOD;
    }
    if (k != NULL && time_monotonic() < k->asked_again)
        return PASSWORD_BAD;
    LIST_FOREACH(q, &p->questions, next)
    if (!q->answered && memcmp(q->mac, mac, MAC_SIZE) == 0)
        return wait_for_answer(p, arena, q, who);
    if ((q = calloc(1, sizeof *q)) == NULL)
        return PASSWORD_BUSY;
    memcpy(q->mac, mac, MAC_SIZE);
    q->generation = p->generation;
    q->repeated = k != NULL;
    q->threads = 1;
    LIST_INSERT_HEAD(&p->questions, q, next);
    *question = q;
    return PASSWORD_ASK;
}

enum password_state
passwords_ask(struct passwords *p, struct arena *arena, const char *user, const char *password,
    const struct principal **who, struct password_question **question)
{
    unsigned char mac[MAC_SIZE];

    make_mac(p, user, password, mac);
    pthread_mutex_lock(&p->lock);
    enum password_state state = ask_locked(p, arena, mac, who, question);
    pthread_mutex_unlock(&p->lock);
    forget(mac, sizeof mac);
    return state;
}

bool
passwords_repeated(const struct password_question *q)
{
    return q->repeated;
}

void
passwords_learn(struct passwords *p, struct password_question *q, enum password_state state,
    const struct principal *who)
{
    assert(state != PASSWORD_ASK && (state == PASSWORD_GOOD) == (who != NULL));
    pthread_mutex_lock(&p->lock);
    q->state = state;
    if (who != NULL && (q->who = principal_keep(who, &q->who_size)) == NULL)
        q->state = PASSWORD_BUSY;
    q->answered = true;
    if (q->state != PASSWORD_BUSY && q->generation == p->generation)
        keep(p, q);
    pthread_cond_broadcast(&p->answer);
    leave_question(q);
    pthread_mutex_unlock(&p->lock);
}

void
passwords_drop(struct passwords *p, int64_t person)
{
    struct kept *k, *next;

    pthread_mutex_lock(&p->lock);
    p->generation++;
    for (k = TAILQ_FIRST(&p->good); k != NULL; k = next) {
        next = TAILQ_NEXT(k, in_age);
        if (person == 0 || k->who->person == person)
            drop(p, k);
    }
    while (person == 0 && (k = TAILQ_FIRST(&p->bad)) != NULL)
        drop(p, k);
    pthread_mutex_unlock(&p->lock);
}

void
passwords_notified(struct passwords *p, const char *payload)
{
    passwords_drop(p, payload == NULL ? 0 : strtoll(payload, NULL, 10));
}

int
passwords_held(struct passwords *p)
{
    pthread_mutex_lock(&p->lock);
    int n = p->n_good + p->n_bad;
    pthread_mutex_unlock(&p->lock);
    return n;
}

bool
passwords_login_key(struct passwords *p, unsigned char key[LOGIN_KEY_SIZE])
{
    pthread_mutex_lock(&p->lock);
    bool has = p->has_login_key;
    memcpy(key, p->login_key, LOGIN_KEY_SIZE);
    pthread_mutex_unlock(&p->lock);
    return has;
}

void
passwords_set_login_key(struct passwords *p, const unsigned char key[LOGIN_KEY_SIZE])
{
    pthread_mutex_lock(&p->lock);
    memcpy(p->login_key, key, LOGIN_KEY_SIZE);
    p->has_login_key = true;
    pthread_mutex_unlock(&p->lock);
}

bool
passwords_match(struct passwords *p, const char *hash, const char *password)
{
    pthread_mutex_lock(&p->slow);
    bool good = password_matches(hash, password);
    pthread_mutex_unlock(&p->slow);
    return good;
}
