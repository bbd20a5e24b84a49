/* The one place of rights, against the table of design 3 and decisions 1.30. */
#include "tests/check.h"

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"

static const struct role_in roles[] = { { 7, ROLE_MEMBER }, { 8, ROLE_BOARD }, { 9, ROLE_CHAIR } };
static const struct principal anna = {
    .person = 42, .uid = "anna", .name = "Anna", .roles = roles, .n_roles = COUNT_OF(roles)
};
static const struct principal guest = { .person = 43, .uid = "guest", .name = "Guest" };
static const struct principal admin = {
    .person = 44, .uid = "admin", .name = "Admin", .state_admin = true
};

TEST(access_role_is_per_chapter)
{
    CHECK(access_role(&anna, 7) == ROLE_MEMBER);
    CHECK(access_role(&anna, 8) == ROLE_BOARD);
    CHECK(access_role(&anna, 9) == ROLE_CHAIR);
    CHECK(access_role(&anna, 6) == ROLE_FEDERATION);
    CHECK(access_role(&guest, 7) == ROLE_FEDERATION);
    CHECK(access_role(&nobody, 7) == ROLE_PUBLIC);
    CHECK(access_role(&admin, 7) == ROLE_FEDERATION);
}

/* What a link opens: of its chapter, what no fewer may read (and write) than when it was made. */
TEST(access_by_a_link)
{
    struct link_pass pass = { .id = 5, .chapter = 8, .read = ROLE_MEMBER, .write = ROLE_MEMBER };
    const struct principal holder = { .uid = "", .name = "", .link = &pass };
    struct policy p = { .chapter = 8, .read_level = ROLE_MEMBER, .write_level = ROLE_MEMBER };

    CHECK(access_writer(&holder) == -5 && access_writer(&anna) == 42 && access_writer(&nobody) == 0);
    CHECK(access_rights(&holder, &p) == MAY_READ);
    p.write_level = ROLE_CHAIR; /* is nothing to who reads */
    CHECK(access_rights(&holder, &p) == MAY_READ);
    p.chapter = 7;
    CHECK(access_rights(&holder, &p) == 0);
    p.chapter = 8;
    p.read_level = ROLE_BOARD;
    CHECK(access_rights(&holder, &p) == 0);
    p.read_level = ROLE_PUBLIC;
    CHECK(access_rights(&holder, &p) == MAY_READ);
    pass.drop_box = true;
    CHECK(access_rights(&holder, &p) == 0); /* the chair alone writes now */
    p.write_level = ROLE_MEMBER;
    CHECK(access_rights(&holder, &p) == MAY_WRITE); /* and does not read what is public, either */
    p = (struct policy){ .person = 0, .chapter = 0 };
    CHECK(access_rights(&holder, &p) == 0);
}

/* When somebody is busy: who is near enough for what she has chosen. */
TEST(access_when_busy)
{
    static const bool expected[3][4] = { { false, false, false, false },
        { false, true, false, true }, { false, true, true, true } };

    for (unsigned shares = 0; shares < 4; shares++)
        for (int choice = BUSY_FOR_NOBODY; choice <= BUSY_FOR_CHAPTER; choice++)
            CHECK(access_sees_busy(shares, (enum busy_for)choice) == expected[choice][shares]);
}

/* Links are made by whoever writes by her role, from a role on that the chapter says. */
TEST(access_to_share)
{
    static const struct grant_in grant = { 1, MAY_READ | MAY_WRITE };
    const struct principal grouped = { .person = 45, .uid = "g", .name = "G", .grants = &grant, .n_grants = 1 };
    struct policy p = { .id = 1, .chapter = 7, .read_level = ROLE_MEMBER, .write_level = ROLE_MEMBER };

    CHECK(access_may_share(&anna, &p, ROLE_MEMBER) && !access_may_share(&anna, &p, ROLE_BOARD));
    CHECK(!access_may_share(&anna, &p, ROLE_NOBODY) && !access_may_share(&anna, &p, ROLE_PUBLIC));
    CHECK(access_rights(&grouped, &p) == (MAY_READ | MAY_WRITE) && !access_may_share(&grouped, &p, ROLE_MEMBER));
    p.write_level = ROLE_BOARD;
    CHECK(!access_may_share(&anna, &p, ROLE_MEMBER));
    p.chapter = 8;
    CHECK(access_may_share(&anna, &p, ROLE_BOARD));
    p.write_level = ROLE_CHAIR; /* what the board may not write it does not hand on */
    CHECK(!access_may_share(&anna, &p, ROLE_BOARD));
    p.write_level = ROLE_FEDERATION;
    CHECK(!access_may_share(&nobody, &p, ROLE_BOARD) && !access_may_share(&admin, &p, ROLE_BOARD));
}

/* One chapter each in which she is nobody's, federation, member, board, chair; levels; what
 * follows. */
static const struct {
    enum role read, write;
    unsigned public, federation, member, board, chair;
} levels[] = {
    { 1, 3, 0, 1, 1, 7, 7 }, /* the root of a chapter's documents */
    { 0, 3, 1, 1, 1, 7, 7 }, /* Öffentlich */
    { 2, 2, 0, 0, 3, 7, 7 }, /* Mitglieder */
    { 3, 3, 0, 0, 0, 7, 7 }, /* Vorstand */
    { 4, 4, 0, 0, 0, 0, 7 }, /* the chair's own */
    { 2, 4, 0, 0, 1, 1, 7 }, /* the board reads what only the chair writes, and cannot open it */
    { 0, 0, 1, 3, 3, 7, 7 }, /* nobody writes without a login */
    { 1, 1, 0, 3, 3, 7, 7 }, { 9, 9, 0, 0, 0, 0, 4 }, /* closed: the chair can only open it again */
    { 3, 2, 0, 0, 0, 7, 7 },                          /* what one may not read one may not write */
};

TEST(access_follows_the_levels)
{
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        struct policy p = { .read_level = levels[i].read, .write_level = levels[i].write };
        p.chapter = 6;
        CHECK(access_rights(&nobody, &p) == levels[i].public);
        CHECK(access_rights(&anna, &p) == levels[i].federation);
        CHECK(access_rights(&admin, &p) == levels[i].federation);
        p.chapter = 7;
        CHECK(access_rights(&anna, &p) == levels[i].member);
        p.chapter = 8;
        CHECK(access_rights(&anna, &p) == levels[i].board);
        p.chapter = 9;
        CHECK(access_rights(&anna, &p) == levels[i].chair);
    }
}

TEST(access_to_what_was_replaced_is_by_both_levels)
{
    const struct policy open = { .chapter = 7, .read_level = 0, .write_level = 2 },
                        members = { .chapter = 7, .read_level = 2, .write_level = 2 },
                        board = { .chapter = 7, .read_level = 3, .write_level = 3 };

    CHECK(access_kept(&nobody, &open, &open) == MAY_READ);
    CHECK(access_kept(&nobody, &open, &members) == 0);
    CHECK(access_kept(&anna, &open, &members) == (MAY_READ | MAY_WRITE));
    CHECK(access_kept(&anna, &members, &board) == 0);
    CHECK(access_kept(&anna, &board, &members) == 0);
}

TEST(access_to_what_is_personal_is_hers_alone)
{
    struct policy p = { .person = 42, .read_level = ROLE_PUBLIC, .write_level = ROLE_PUBLIC };

    CHECK(access_rights(&anna, &p) == (MAY_READ | MAY_WRITE | MAY_MANAGE));
    CHECK(access_rights(&guest, &p) == 0);
    CHECK(access_rights(&admin, &p) == 0);
    CHECK(access_rights(&nobody, &p) == 0);
}

TEST(access_of_groups_is_beside_the_roles)
{
    static const struct grant_in grants[] = { { 5, MAY_READ }, { 6, MAY_READ | MAY_WRITE },
        { 7, MAY_READ | MAY_WRITE | MAY_MANAGE } };
    const struct principal erika = { .person = 45,
        .uid = "erika",
        .name = "Erika",
        .grants = grants,
        .n_grants = COUNT_OF(grants) };
    struct policy p = {
        .id = 4, .chapter = 7, .read_level = ROLE_BOARD, .write_level = ROLE_BOARD
    };
    struct access_why why;

    CHECK(access_rights(&erika, &p) == 0);
    p.id = 5;
    CHECK(access_rights(&erika, &p) == MAY_READ);
    p.id = 6;
    CHECK(access_rights(&erika, &p) == (MAY_READ | MAY_WRITE));
    p.id = 7;
    CHECK(access_rights(&erika, &p) == (MAY_READ | MAY_WRITE)); /* a group sets no levels */
    p.read_level = ROLE_FEDERATION;
    p.id = 6;
    CHECK(access_explain(&erika, &p, &why) == (MAY_READ | MAY_WRITE));
    CHECK(why.role == ROLE_FEDERATION && why.by_role == MAY_READ);
    CHECK(why.by_group == (MAY_READ | MAY_WRITE) && !why.own);
    p.person = 46; /* somebody's own collection is nobody else's, whatever is said of it */
    CHECK(access_rights(&erika, &p) == 0);
}

TEST(access_of_a_guest_is_what_she_was_given)
{
    static const struct role_in here[] = { { 7, ROLE_FEDERATION } };
    const struct principal paula = { .person = 46,
        .uid = "guest-22222222",
        .name = "Paula",
        .guest = true,
        .roles = here,
        .n_roles = 1 };

    CHECK(access_role(&paula, 7) == ROLE_FEDERATION);
    CHECK(access_role(&paula, 8) == ROLE_PUBLIC);
}

TEST(access_knew_what_one_could_read)
{
    struct principal erika = { .person = 45, .uid = "erika", .name = "Erika" };
    const struct policy p = { .id = 4, .chapter = 7, .read_level = ROLE_BOARD };

    CHECK(!access_knew(&erika, &p, 0, ROLE_PUBLIC, 0));        /* never raised */
    CHECK(access_knew(&erika, &p, 100, ROLE_FEDERATION, 100)); /* raised since */
    CHECK(!access_knew(&erika, &p, 99, ROLE_FEDERATION, 100)); /* raised before */
    CHECK(!access_knew(&erika, &p, 100, ROLE_MEMBER, 100));    /* from where she was not */
    erika.rights_changed = 100;
    CHECK(access_knew(&erika, &p, 0, ROLE_PUBLIC, 100));
    CHECK(!access_knew(&erika, &p, 0, ROLE_PUBLIC, 101));
}

/* A state admin's look reads what the chair could read, of one chapter, and writes nothing; who is
 * no state admin has none. */
TEST(access_look_reads_one_chapter)
{
    static const struct look looks[] = { { 6, INT64_MAX } };
    static const struct principal looking = { .person = 44,
        .uid = "admin",
        .name = "Admin",
        .state_admin = true,
        .looks = looks,
        .n_looks = 1 };
    struct principal dismissed = looking;

    dismissed.state_admin = false;
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        struct policy p = {
            .chapter = 6, .read_level = levels[i].read, .write_level = levels[i].write
        };
        unsigned wanted = levels[i].federation | (levels[i].read <= ROLE_CHAIR ? MAY_READ : 0);
        CHECK(access_rights(&looking, &p) == wanted);
        CHECK(access_rights(&dismissed, &p) == levels[i].federation);
        p.chapter = 7;
        CHECK(access_rights(&looking, &p) == levels[i].federation);
    }
    struct policy own = { .person = 42 };
    CHECK(access_rights(&looking, &own) == 0);
    CHECK(access_look(&looking, 6) == &looks[0]);
    CHECK(access_look(&looking, 7) == NULL);
    CHECK(access_look(&dismissed, 6) == NULL);
}

/* A query that goes by the reach finds what access_rights() lets her read, neither more nor less. */
TEST(access_reach_is_what_may_be_read)
{
    static const struct grant_in grants[] = { { 500, MAY_READ }, { 501, MAY_READ | MAY_WRITE } };
    static const struct look look = { 7, INT64_MAX };
    const struct principal someone[] = { nobody, guest, anna, admin,
        { .person = 45, .guest = true, .grants = grants, .n_grants = 2 },
        { .person = 46, .roles = roles, .n_roles = 3, .grants = grants, .n_grants = 2 },
        { .person = 47, .state_admin = true, .looks = &look, .n_looks = 1 } };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(someone); i++)
        for (int64_t chapter = 6; chapter <= 9; chapter++) {
            struct access_reach reach = access_reach(&someone[i], arena, chapter);
            for (int k = 0; k < 3 * (ROLE_NOBODY + 1); k++) {
                struct policy p = { .id = 499 + k % 3,
                    .chapter = chapter,
                    .read_level = (enum role)(k / 3),
                    .write_level = ROLE_NOBODY };
                bool found = p.read_level <= reach.level;
                for (int g = 0; g < reach.n; g++)
                    found = found || reach.policies[g] == p.id;
                CHECK(found == ((access_rights(&someone[i], &p) & MAY_READ) != 0));
            }
        }
    arena_free(arena);
}
